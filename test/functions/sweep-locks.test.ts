import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/sweep-locks.ts';
import { wakeLockWaiters } from '../../functions/waiting/wake.ts';
import { writeDecision } from '../../ledger/rollout/deployments.ts';
import { findParked, lockParkingName, park, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { lockOf, queueEntry } from '../given/lock.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;

beforeEach(async () => {
  given = await givenPorts();
});

test('a lock whose execution runs is left alone', async () => {
  await given.givenLock();

  await run({}, given.ports);

  expect(given.deeds).toEqual([]);
});

test('a lock whose execution has ended is repaired', async () => {
  await given.givenLock();
  given.givenExecution(executionArn, 'TIMED_OUT');

  await run({}, given.ports);

  expect(given.deeds).toEqual([expect.stringContaining(`start repair-${deploymentId}-`)]);
});

test('a successor that was never started is started', async () => {
  const name = `continue-${deploymentId}-4`;
  const lock = lockOf(deploymentId, { executionArn: arnOf(name), fence });
  await given.givenState((state) => ({ ...state, lock }));
  const decision = { kind: 'continue' } as const;
  await writeDecision(given.ports, deploymentId, {
    round: 4,
    decision,
    fence,
    at: 'then',
    executionArn,
    error: null,
  });

  await run({}, given.ports);

  expect(given.deeds).toEqual([`start ${name} {"continue":"${deploymentId}"}`]);
});

test('an execution that nobody knows and nobody was to start is unknown, not dead', async () => {
  const lock = lockOf(deploymentId, { executionArn: arnOf('forgotten'), fence });
  await given.givenState((state) => ({ ...state, lock }));

  await run({}, given.ports);

  expect(given.deeds).toEqual([]);
});

test('one that died in the queue is taken out, and who waits behind it goes on', async () => {
  const dead = queueEntry('d-20261122-204400-dddddd', { executionArn: arnOf('dead') });
  await given.givenAdmitted();
  await given.givenState((state) => ({ ...state, queue: [dead, queueEntry(deploymentId, { executionArn })] }));
  given.givenExecution(dead.executionArn, 'ABORTED');
  given.givenExecution(executionArn, 'RUNNING');
  const name = lockParkingName('payment', deploymentId);
  await park(given.ports, name, { kind: 'lock', token: 'token', deploymentId, executionArn, parkedAt: 'then' });

  await run({}, given.ports);

  expect(given.deeds).toEqual([
    expect.stringContaining('start repair-d-20261122-204400-dddddd-'),
    expect.stringContaining('answer token'),
  ]);
  expect(given.state().lock?.deploymentId).toBe(deploymentId);
});

test('the token of one that died in the queue is removed', async () => {
  const name = lockParkingName('payment', deploymentId);
  await given.givenState((state) => ({ ...state, queue: [queueEntry(deploymentId, { executionArn })] }));
  await park(given.ports, name, { kind: 'lock', token: 'token', deploymentId, executionArn, parkedAt: 'then' });
  given.givenExecution(executionArn, 'ABORTED');

  await wakeLockWaiters(given.ports);

  expect(given.deeds).toEqual([expect.stringContaining(`start repair-${deploymentId}-`)]);
  expect(await findParked(given.ports, name)).toBeUndefined();
});

test('tokens that nobody waits for any more are removed', async () => {
  const name = pauseParkingName('payment', deploymentId);
  const pause = { token: 'token', deploymentId, executionArn, round: 1, parkedAt: 'then' };
  await park(given.ports, name, { kind: 'operator', ...pause });
  given.givenExecution(executionArn, 'FAILED');

  await run({}, given.ports);

  expect(await findParked(given.ports, name)).toBeUndefined();
});

test('the handler takes whatever the schedule sends', async () => {
  await handler({ time: 'now' });
  await handler(undefined);

  expect(given.deeds).toEqual([]);
});
