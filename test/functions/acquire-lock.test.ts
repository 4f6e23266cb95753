import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/acquire-lock.ts';
import { writeControl } from '../../ledger/operator/requests.ts';
import { findParked, lockParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const input = { token: 'token', executionArn, deploymentId, purpose: 'rollout' } as const;
const other = { deploymentId: 'd-20261122-204400-ffffff', executionArn: arnOf('other') };

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
});

test('a free lock is taken and answered at once', async () => {
  await run(input, given.ports);

  const acquired = JSON.stringify({ deploymentId, fence, round: 0, next: 'plan' });
  expect(given.deeds).toEqual([`answer token ${acquired}`]);
  expect(given.state()).toMatchObject({ fence, lock: { deploymentId, executionArn, fence, purpose: 'rollout' } });
  expect(await findParked(given.ports, lockParkingName('payment', deploymentId))).toBeUndefined();
});

test('asked again by the same execution it is still the same lock', async () => {
  await run(input, given.ports);
  await run({ ...input, token: 'second' }, given.ports);

  expect(given.deeds[1]).toBe(given.deeds[0]?.replace('token', 'second'));
  expect(given.state().fence).toBe(fence);
});

test('once there is a plan it goes on from the ledger', async () => {
  await given.givenPlan();
  await run(input, given.ports);

  expect(given.deeds[0]).toContain('"next":"decide"');
});

test('a lock that somebody holds is waited for: the token is parked and not answered', async () => {
  await given.givenLock(other);

  await run(input, given.ports);

  expect(given.deeds).toEqual([]);
  expect(await findParked(given.ports, lockParkingName('payment', deploymentId))).toMatchObject({
    kind: 'lock',
    token: 'token',
    executionArn,
  });
});

test('the token is parked before anybody looks, so that a wake in between finds it', async () => {
  await given.givenLock(other);
  const { ledger } = given.ports;
  let isParkedAtLook = false;
  const watched: typeof ledger = {
    ...ledger,
    async read(key) {
      if (key.endsWith('state.json')) {
        isParkedAtLook ||= (await findParked(given.ports, lockParkingName('payment', deploymentId))) !== undefined;
      }
      return ledger.read(key);
    },
  };

  await run(input, { ...given.ports, ledger: watched });

  expect(isParkedAtLook).toBe(true);
});

test('a dead holder is repaired', async () => {
  await given.givenLock(other);
  given.givenExecution(other.executionArn, 'ABORTED');

  await run(input, given.ports);

  expect(given.deeds).toEqual([
    expect.stringMatching(/^start repair-d-20261122-204400-ffffff-[0-9a-f]{8} \{"repair":"d-20261122-204400-ffffff"/),
  ]);
});

test('a holder that Step Functions does not know is unknown, not dead', async () => {
  await given.givenLock(other);
  given.givenExecution(other.executionArn, 'RUNNING');
  const { describe: _, ...executions } = given.ports.executions;

  await run(input, { ...given.ports, executions: { ...executions, describe: async () => undefined } });

  expect(given.deeds).toEqual([]);
});

test('a halt that came while it waited ends it', async () => {
  await given.givenLock(other);
  await writeControl(given.ports, 'halt', deploymentId, { by: 'ben', at: 'then', reason: 'lunch' });

  await expect(run(input, given.ports)).rejects.toThrow('halted by ben while it waited for the lock: lunch');
});

test('a frozen target is refused', async () => {
  await given.givenState((state) => ({ ...state, freeze: { by: 'ben', at: 'then', reason: 'sale' } }));

  await expect(run(input, given.ports)).rejects.toThrow(
    expect.objectContaining({
      name: 'DeploymentLockedError',
      message: 'the target is frozen by ben (sale); rollgate unfreeze ends that',
    }),
  );
});

test('a repair takes over from the dead with a higher fence, and from the living never', async () => {
  await given.givenPlan();
  await given.givenLock();
  const repair = { ...input, executionArn: arnOf('repair'), purpose: 'repair' } as const;
  await expect(run(repair, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));

  given.givenExecution(executionArn, 'FAILED');
  await run(repair, given.ports);

  expect(given.deeds).toEqual([
    `answer token ${JSON.stringify({ deploymentId, fence: fence + 1, round: 0, next: 'decide' })}`,
  ]);
  expect(given.state().lock).toMatchObject({ executionArn: repair.executionArn, purpose: 'repair', repairs: 1 });
});

test('a continued deployment finds the lock in its own hands, and nobody else does', async () => {
  await given.givenLock({ executionArn: arnOf('continue') });

  await run({ ...input, executionArn: arnOf('continue'), purpose: 'continue' }, given.ports);
  expect(given.deeds[0]).toContain('"next":"decide"');

  const stranger = run({ ...input, executionArn: arnOf('stranger'), purpose: 'continue' }, given.ports);
  await expect(stranger).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
});

test('the handler parks and answers', async () => {
  await handler(input);

  expect(given.deeds).toHaveLength(1);
});
