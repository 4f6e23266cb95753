import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/park-deployment.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import { writeDecision } from '../../ledger/rollout/deployments.ts';
import { findParked, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const input = { token: 'token', kind: 'bake', executionArn, deploymentId, round: 1 } as const;
const now = () => new Date(given.time.now()).toISOString();
const say = (verb: 'halt' | 'pause' | 'resume' | 'approve') =>
  writeControl(given.ports, verb, deploymentId, { by: 'anna', at: now(), reason: '' });

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
});

test('a bake is parked and waits', async () => {
  await run(input, given.ports);

  expect(given.deeds).toEqual([]);
  expect(await findParked(given.ports, pauseParkingName('payment', deploymentId))).toMatchObject({
    kind: 'bake',
    token: 'token',
    round: 1,
  });
});

test.each(['halt', 'pause'] as const)(
  'what was said before the token was parked counts: %s ends a bake',
  async (verb) => {
    await say(verb);

    await run(input, given.ports);

    expect(given.deeds).toEqual(['answer token {}']);
  },
);

test('a pause that was resumed does not end a bake', async () => {
  await say('pause');
  given.time.skip(1000);
  await say('resume');

  await run(input, given.ports);

  expect(given.deeds).toEqual([]);
});

test('a pause waits until resume', async () => {
  const decision = { kind: 'park', wave: 1, why: 'pause', untilMilliseconds: given.time.now() + 1_000_000 } as const;
  await say('pause');
  await writeDecision(given.ports, deploymentId, {
    round: 1,
    decision,
    fence,
    at: now(),
    executionArn,
    error: null,
  });
  const operator = { ...input, kind: 'operator' } as const;

  await run(operator, given.ports);
  expect(given.deeds).toEqual(['answer token {}']);
});

test('without the lock nothing is parked', async () => {
  await given.givenLock({ executionArn: arnOf('repair') });

  await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
  expect(await findParked(given.ports, pauseParkingName('payment', deploymentId))).toBeUndefined();
});

test('the handler parks', async () => {
  await handler(input);

  expect(await findParked(given.ports, pauseParkingName('payment', deploymentId))).toMatchObject({ token: 'token' });
});
