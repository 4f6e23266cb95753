import { beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../clients/ports.ts';
import { keys } from '../../ledger/keys.ts';
import { rememberWrittenOnce } from '../../ledger/remember-written-once.ts';
import { createStateBucket, type StateBucket } from '../fakes/state-bucket.ts';

const id = 'd-20261122-204500-1a2b3c';
const request = { by: 'anna', at: '2026-11-22T20:45:01.000Z', reason: '' };

let memory: StateBucket;
let ledger: Ledger;

beforeEach(() => {
  memory = createStateBucket();
  ledger = rememberWrittenOnce(memory);
});

describe('what is written once is read once', () => {
  test.each([
    keys.manifest('payment', 7),
    keys.request('payment', id),
    keys.plan('payment', id),
    keys.decision('payment', id, 3),
    keys.outcome('payment', id),
    `${keys.step('payment', id, 'i-a', 'verify', 1)}.intent.json`,
    `${keys.step('payment', id, 'i-a', 'verify', 1)}.json`,
  ])('%s', async (key) => {
    memory.given(key, { some: 'thing' });
    const object = await memory.read(key);

    const read = [await ledger.read(key), await ledger.read(key), await ledger.read(key)];

    expect(read).toEqual([object, object, object]);
    expect(memory.reads).toEqual([key, key]);
  });
});

describe('what may change is read anew each time', () => {
  test.each([
    keys.state('payment'),
    keys.serviceConfig('payment'),
    keys.convergence('payment'),
    keys.control('payment', 'halt', id, request),
    keys.packages('payment', 'c0ffee'),
    keys.parked('lock/payment/d-1'),
    // A service of this name has its state there.
    'rollgate/deployments/state.json',
  ])('%s', async (key) => {
    memory.given(key, 'before');
    await ledger.read(key);
    memory.given(key, 'after');

    expect((await ledger.read(key))?.body).toBe('"after"\n');
  });
});

test('what is not there yet is looked for again', async () => {
  const key = keys.outcome('payment', id);
  expect(await ledger.read(key)).toBeUndefined();

  memory.given(key, { status: 'Succeeded' });

  expect((await ledger.read(key))?.body).toContain('Succeeded');
});

test('two that look remember each for itself', async () => {
  const key = keys.plan('payment', id);
  memory.given(key, 'plan');
  const other = rememberWrittenOnce(memory);

  await ledger.read(key);
  await other.read(key);

  expect(memory.reads).toEqual([key, key]);
});

test('a read that failed is made again', async () => {
  const key = keys.plan('payment', id);
  memory.given(key, 'plan');
  let failures = 1;
  const frail = rememberWrittenOnce({
    ...memory,
    read: async (each) => {
      if (failures-- > 0) throw new Error('no answer');
      return memory.read(each);
    },
  });

  await expect(frail.read(key)).rejects.toThrow('no answer');

  expect((await frail.read(key))?.body).toBe('"plan"\n');
});

test('writes, removals and lists are those of the ledger itself', async () => {
  const key = keys.parked('lock/payment/d-1');

  const created = await ledger.create(key, 'one');
  const conflict = await ledger.create(key, 'two');
  const replaced = await ledger.replace(key, 'three', etagOf(created));
  const outdated = await ledger.replace(key, 'four', etagOf(created));
  await ledger.put(keys.state('payment'), '{}');

  expect([created.kind, conflict.kind, replaced.kind, outdated.kind]).toEqual([
    ...['written', 'conflict', 'written', 'conflict'],
  ]);
  expect((await memory.read(key))?.body).toBe('three');
  expect(await ledger.list('rollgate/')).toEqual([key, keys.state('payment')]);
  await ledger.remove(key, etagOf(created));
  expect(await ledger.list('rollgate/parked/')).toEqual([key]);
  await ledger.remove(key, etagOf(replaced));
  await ledger.remove(keys.state('payment'));
  expect(await ledger.list('rollgate/')).toEqual([]);
});

function etagOf(result: Awaited<ReturnType<Ledger['create']>>): string {
  if (result.kind !== 'written') throw new Error('expected to be written');
  return result.etag;
}
