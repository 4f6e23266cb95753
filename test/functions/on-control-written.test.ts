import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/on-control-written.ts';
import { keys } from '../../ledger/keys.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import { findParked, lockParkingName, park, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { queueEntry } from '../given/lock.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const event = (key: string) => ({ detail: { object: { key } } });
const halt = event(keys.control('payment', 'halt', deploymentId, { at: '2026-11-22T20:45:40.000Z' }));

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
});

test('a deployment that is parked for an operator or a bake is woken; its token stays until the end', async () => {
  const name = pauseParkingName('payment', deploymentId);
  await park(given.ports, name, {
    kind: 'bake',
    token: 'token',
    deploymentId,
    executionArn,
    round: 1,
    parkedAt: 'then',
  });

  await run(halt, given.ports);

  expect(given.deeds).toEqual(['answer token {}']);
  expect(await findParked(given.ports, name)).toBeDefined();
});

test('a deployment that waits for the lock and is halted is told so', async () => {
  await given.givenLock({ deploymentId: 'd-20261122-204400-ffffff', executionArn: arnOf('other') });
  given.givenExecution(executionArn, 'RUNNING');
  await given.givenState((state) => ({ ...state, queue: [queueEntry(deploymentId, { executionArn })] }));
  const name = lockParkingName('payment', deploymentId);
  await park(given.ports, name, { kind: 'lock', token: 'token', deploymentId, executionArn, parkedAt: 'then' });
  await writeControl(given.ports, 'halt', deploymentId, { by: 'ben', at: 'then', reason: '' });

  await run(halt, given.ports);

  expect(given.deeds).toEqual(['fail token HaltedError']);
});

test.each(['rollgate/payment/state.json', 'rollgate/payment/releases/1.json', 'rollgate/payment/control/halt/'])(
  '%s is no word of an operator',
  async (key) => {
    await run(event(key), given.ports);

    expect(given.deeds).toEqual([]);
  },
);

test('a word to a deployment that is not parked is left for its next decision', async () => {
  await run(halt, given.ports);

  expect(given.deeds).toEqual([]);
});

test('the handler takes the event as EventBridge sends it', async () => {
  await handler({ source: 'aws.s3', ...halt });

  expect(given.deeds).toEqual([]);
});
