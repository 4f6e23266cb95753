import { beforeEach, expect, test } from 'vitest';
import { decideNextWave } from '../../core/rollout/decide/decide-next-wave.ts';
import { handler, run } from '../../functions/decide-next-wave.ts';
import { openPlanned, readDecision, readFacts, writeDecision, writePlan } from '../../ledger/rollout/deployments.ts';
import { writeIntent, writeOutcome } from '../../ledger/rollout/host-steps.ts';
import { givenStep } from '../core/given-rollout.ts';
import { arnOf, deploymentId, deploymentPlan, executionArn } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const input = { executionArn, state: { deploymentId, round: 0 } };

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
  for (const name of 'abc') {
    const { intent, outcome } = givenStep({ action: 'install', round: 0, fence, status: 'done', packagesSha256: 'p' });
    await writeIntent(given.ports, deploymentId, { ...intent, instanceId: idOf(name) });
    if (outcome !== null) {
      await writeOutcome(given.ports, deploymentId, { ...intent, instanceId: idOf(name) }, outcome);
    }
  }
});

test('a decision is made once for its round and stands', async () => {
  const first = await run(input, given.ports);
  await given.givenState((state) => ({ ...state, freeze: { by: 'ben', at: 'then', reason: 'later' } }));
  const again = await run(input, given.ports);

  expect(first).toEqual({ deploymentId, fence, round: 1, next: 'wave', hosts: [idOf('a')], maxConcurrency: 1 });
  expect(again).toEqual(first);
});

test('a revert raises the fence before it is recorded, so that nothing sent earlier counts', async () => {
  const error = { Error: 'Lambda.Unknown', Cause: JSON.stringify({ errorMessage: 'gone' }) };
  await run(input, given.ports);
  const { intent } = givenStep({ action: 'activate', fence });
  await writeIntent(given.ports, deploymentId, { ...intent, instanceId: idOf('a') });

  const next = await run({ executionArn, state: { deploymentId, round: 1, error } }, given.ports);

  expect(next).toMatchObject({ next: 'revert', fence: fence + 1, round: 2, hosts: [idOf('a')] });
  expect(given.state()).toMatchObject({ fence: fence + 1, lock: { fence: fence + 1, executionArn } });
  expect(await readDecision(given.ports, deploymentId, 2)).toMatchObject({
    error: { name: 'Lambda.Unknown', cause: 'gone' },
    failure: { reason: { text: 'Lambda.Unknown: gone' } },
  });
});

test('what an execution that lost the lock decided in the same moment is not followed', async () => {
  const decision = { kind: 'finish' } as const;
  await writeDecision(given.ports, deploymentId, {
    round: 1,
    decision,
    fence: fence - 1,
    at: 'then',
    executionArn: arnOf('zombie'),
    error: null,
  });

  expect(await run(input, given.ports)).toMatchObject({ next: 'wave', round: 2 });
});

test('the lock goes to the successor before it is started, and a retry does the rest', async () => {
  const decision = { kind: 'continue' } as const;
  await writeDecision(given.ports, deploymentId, {
    round: 1,
    decision,
    fence,
    at: 'then',
    executionArn,
    error: null,
  });

  const next = await run(input, given.ports);
  const again = await run(input, given.ports);

  const name = `continue-${deploymentId}-1`;
  expect(next).toEqual({ deploymentId, fence, round: 1, next: 'continue' });
  expect(again).toEqual(next);
  expect(given.state().lock?.executionArn).toBe(arnOf(name));
  expect(new Set(given.deeds)).toEqual(new Set([`start ${name} {"continue":"${deploymentId}"}`]));
});

test('without the lock nothing is decided', async () => {
  await given.givenLock({ executionArn: arnOf('repair') });

  await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
  expect(await readDecision(given.ports, deploymentId, 1)).toBeUndefined();
});

test('a dry run ends', async () => {
  const dry = 'd-20261122-204500-dddddd';
  await given.givenAdmitted({ deploymentId: dry, isDryRun: true });
  await writePlan(given.ports, dry, deploymentPlan([]));

  expect(await run({ executionArn, state: { deploymentId: dry, round: 0 } }, given.ports)).toMatchObject({
    next: 'finish',
  });
});

test('the handler decides what core decides', async () => {
  const facts = await readFacts(given.ports, await openPlanned(given.ports, deploymentId), {
    executionArn,
    isRepair: false,
    error: null,
  });
  if (facts === undefined) throw new Error('there are facts');

  expect(await handler(input)).toMatchObject({ next: decideNextWave(facts).decision.kind });
});
