import { beforeEach, expect, test } from 'vitest';
import type { TargetHealth } from '../../clients/ports.ts';
import type { Step } from '../../core/model/deployment-records.ts';
import { handler, run } from '../../functions/run-balancer-step.ts';
import { readSteps } from '../../ledger/rollout/host-steps.ts';
import { balancerParkingName, findParked } from '../../ledger/waiting/parked-tasks.ts';
import { balancer } from '../core/balancer/balancer-causes.ts';
import { deploymentId } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const step = { token: 'token', deploymentId, fence, round: 1, instanceId: idOf('a') };
const drain = { ...step, action: 'drain' } as const;
const join = { ...step, action: 'join', round: 3 } as const;

const other: TargetHealth = { instanceId: idOf('b'), port: 8080, state: 'healthy', reason: null, description: null };
const own = (state: string, reason: string | null = null): TargetHealth => ({
  ...other,
  instanceId: idOf('a'),
  state,
  reason,
});

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenLock();
  await given.givenPlan({ loadBalancer: balancer });
});

async function steps(): Promise<readonly Step[]> {
  return readSteps(given.ports, deploymentId, idOf('a'));
}

function parked() {
  return findParked(given.ports, balancerParkingName('payment', deploymentId, idOf('a')));
}

test('a host is deregistered once its intent is in the ledger, and its task waits', async () => {
  given.givenTargets([own('healthy'), other]);

  await run(drain, given.ports);

  expect(given.deeds).toEqual(['deregister a:8080']);
  expect(await steps()).toMatchObject([
    {
      intent: { action: 'drain', attempt: 1, round: 1, wasRegistered: true, comment: 'payment-prod' },
      outcome: null,
    },
  ]);
  expect((await steps())[0]?.intent.deadlineMilliseconds).toBe(given.time.now() + 300_000);
  expect(await parked()).toMatchObject({ kind: 'balancer', token: 'token', action: 'drain' });
});

test('the next look finds it gone: the task is answered, and nothing stays parked', async () => {
  given.givenTargets([own('healthy'), other]);
  await run(drain, given.ports);
  given.givenTargets([other]);

  await run({ ...drain, token: 'token-2' }, given.ports);

  expect(given.deeds).toEqual(['deregister a:8080', 'answer token-2 {"status":"done"}']);
  expect(await steps()).toMatchObject([{ intent: { attempt: 1, wasRegistered: true }, outcome: { status: 'done' } }]);
  expect(await parked()).toBeUndefined();
});

test('a retry after the answer was lost gives the same answer, and asks the load balancer nothing more', async () => {
  given.givenTargets([other]);
  await run(drain, given.ports);
  given.givenTargets([own('healthy'), other]);

  await run({ ...drain, token: 'token-2' }, given.ports);

  expect(given.deeds).toEqual(['answer token {"status":"done"}', 'answer token-2 {"status":"done"}']);
});

test('a host must be seen healthy three times in a row; one bad look begins anew', async () => {
  const answers = ['initial', 'healthy', 'healthy', 'unhealthy', 'healthy', 'healthy', 'healthy'];
  given.givenTargets([]);
  await run(join, given.ports);

  for (const state of answers) {
    given.givenTargets([own(state)]);
    await run(join, given.ports);
  }

  expect(given.deeds).toEqual(['register a:8080', 'answer token {"status":"done"}']);
});

test('a host that is not healthy in time is taken out again, with what ELB said', async () => {
  given.givenTargets([own('unhealthy', 'Target.Timeout')]);
  await run(join, given.ports);
  given.time.skip(121_000);

  await run(join, given.ports);

  expect(given.deeds).toEqual(['deregister a:8080', 'answer token {"status":"failed"}']);
  expect((await steps())[0]?.outcome).toMatchObject({ status: 'failed', diagnosis: { cause: 'target-unhealthy' } });
});

test.each([
  ['denied', 'tag the target group as the hosts are tagged'],
  ['no-group', 'make the target group again'],
  ['invalid-target', 'only running instances of the VPC'],
] as const)('a refusal (%s) is an end with what to do, not an error of the machine', async (why, remedy) => {
  given.givenTargets([own('healthy'), other]);
  given.givenRegistration({ kind: 'refused', why, reason: 'no' });

  await run(drain, given.ports);

  expect(given.deeds.at(-1)).toBe('answer token {"status":"failed"}');
  expect((await steps())[0]?.outcome?.diagnosis).toMatchObject({
    cause: 'target-group-unusable',
    meaning: 'payment-prod refused: no',
    remedy: expect.stringContaining(remedy),
  });
});

test('a group that is gone ends the step', async () => {
  given.givenTargets(undefined);

  await run(drain, given.ports);

  expect((await steps())[0]?.outcome?.diagnosis?.meaning).toBe('payment-prod refused: it is not there any more');
});

test('who has lost the lock moves no host', async () => {
  given.givenTargets([own('healthy'), other]);
  await given.givenLock({ fence: fence + 1 });

  await expect(run(drain, given.ports)).rejects.toMatchObject({ name: 'LockLostError' });
  expect(given.deeds).toEqual([]);
});

test('a host of no plan with a load balancer is a bug, told as one', async () => {
  await expect(run({ ...drain, instanceId: idOf('f') }, given.ports)).rejects.toThrow(
    `${deploymentId} has no load balancer for ${idOf('f')} in its plan`,
  );
});

test('the handler takes what the machine gives it', async () => {
  given.givenTargets([other]);

  await handler(drain);

  expect(given.deeds).toEqual(['answer token {"status":"done"}']);
});
