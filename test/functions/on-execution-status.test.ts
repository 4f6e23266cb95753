import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/on-execution-status.ts';
import { deploymentIdOf } from '../../ledger/keys.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { queueEntry } from '../given/lock.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const event = (status: string, arn = executionArn) => ({ detail: { executionArn: arn, status } });
const repair = (attempt = '') =>
  expect.stringMatching(new RegExp(`^start repair-${deploymentId}-[0-9a-f]{8}${attempt} {"repair":"${deploymentId}"`));

beforeEach(async () => {
  given = await givenPorts();
});

test.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('%s while it holds the lock is repaired', async (status) => {
  await given.givenLock();

  await run(event(status), given.ports);

  expect(given.deeds).toEqual([repair()]);
});

test.each(['RUNNING', 'SUCCEEDED'])('%s needs no repair', async (status) => {
  await given.givenLock();

  await run(event(status), given.ports);

  expect(given.deeds).toEqual([]);
});

test('an execution that holds nothing needs no repair', async () => {
  await given.givenLock();

  await run(event('FAILED', arnOf('other')), given.ports);

  expect(given.deeds).toEqual([]);
});

test('one that waited in the queue is taken out of it', async () => {
  await given.givenState((state) => ({ ...state, queue: [queueEntry(deploymentId, { executionArn })] }));

  await run(event('ABORTED'), given.ports);

  expect(given.deeds).toEqual([repair()]);
});

test('one that died between its admission and the queue leaves no deployment without an end', async () => {
  const startDate = given.time.now();
  const id = deploymentIdOf(executionArn, new Date(startDate).toISOString());
  const aborted = { detail: { ...event('ABORTED').detail, startDate } };
  await run(aborted, given.ports);
  expect(given.deeds).toEqual([]);

  await given.givenAdmitted({ deploymentId: id });
  await given.givenLock({ deploymentId: id, executionArn: arnOf('repair') });
  await run(aborted, given.ports);
  expect(given.deeds).toEqual([]);

  await given.givenState((state) => ({ ...state, lock: null }));
  await run(aborted, given.ports);
  expect(given.deeds).toEqual([expect.stringContaining(`start repair-${id}-`)]);
});

test('the same event again, while the repair runs, starts no second one', async () => {
  await given.givenLock();

  await run(event('ABORTED'), given.ports);
  await run(event('ABORTED'), given.ports);

  expect(new Set(given.deeds).size).toBe(1);
});

test('a repair that ended and left the lock where it was is tried again under the next name', async () => {
  await given.givenLock();
  await run(event('ABORTED'), given.ports);
  const name = given.deeds[0]?.split(' ')[1] ?? '';
  given.givenExecution(arnOf(name), 'FAILED');

  await run(event('ABORTED'), given.ports);

  expect(given.deeds.at(-1)).toEqual(repair('-2'));
});

test('the handler takes the event as EventBridge sends it', async () => {
  await given.givenLock();

  await handler({ source: 'aws.states', ...event('ABORTED') });

  expect(given.deeds).toEqual([repair()]);
});
