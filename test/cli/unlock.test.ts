import { expect, it } from 'vitest';
import type { ExecutionInfo } from '../../clients/ports.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { readControl } from '../../ledger/operator/requests.ts';
import { lockOf } from '../given/lock.ts';
import { type FakeWorld, fakeWorld } from './fake-world.ts';
import { givenState } from './given-target.ts';

const id = 'd-20261122-204500-1a2b3c';

function givenLock(status: ExecutionInfo['status'] | undefined, more: Partial<Lock> = {}): FakeWorld {
  const fake = fakeWorld();
  const lock = lockOf(id, more);
  givenState(fake.ledger, { lock });
  if (status !== undefined) {
    const { executionArn } = lock;
    const startedAt = '2026-11-22T20:45:00.000Z';
    fake.executions.set(executionArn, { executionArn, name: 'one', status, startedAt, input: '{}' });
  }
  return fake;
}

it.each(['ABORTED', undefined] as const)('a lock whose execution is %s is repaired at once', async (status) => {
  const fake = givenLock(status);
  fake.at(400, () => givenState(fake.ledger, { lock: lockOf(id, { executionArn: 'arn:repair', purpose: 'repair' }) }));

  expect(await fake.run('unlock', '--reason', 'it hangs')).toBe(0);
  expect(await readControl(fake.ports, 'unlock', id)).toMatchObject({ by: 'alice', reason: 'it hangs' });
  expect(fake.stdout.text()).toBe(
    `the repair of ${id} on local (embedded engine) has begun: it settles the hosts, then the lock is free; rollgate status --watch shows it\n`,
  );
});

it.each([
  ['nobody holds the lock', 'rollgate status', () => fakeWorld()],
  [`${id} holds the lock and runs`, 'rollgate halt', () => givenLock('RUNNING')],
  [
    `a repair of ${id} runs, and frees the lock`,
    'rollgate status --watch',
    () => givenLock('RUNNING', { purpose: 'repair' }),
  ],
])('is refused where %s, and says what to type', async (why, next, given) => {
  const fake = given();

  expect(await fake.run('unlock')).toBe(2);
  expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
  expect(await fake.ledger.list('rollgate/payment/control/')).toEqual([]);
});
