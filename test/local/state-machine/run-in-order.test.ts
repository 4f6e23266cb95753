import { expect, test } from 'vitest';
import { runInOrder } from '../../../local/state-machine/run-in-order.ts';

test('an item that ends in the same instant as another fails is followed by none', async () => {
  const started: number[] = [];
  const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const all = runInOrder(3, 2, new AbortController().signal, async (index) => {
    started.push(index);
    return ends[index]?.promise;
  });

  ends[0]?.reject(new Error('failed'));
  ends[1]?.resolve('done');

  await expect(all).rejects.toThrow('failed');
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual([0, 1]);
});

test('where the parent is stopped already, nothing starts', async () => {
  const started: number[] = [];
  const stopped = AbortSignal.abort();

  await runInOrder(2, 2, stopped, async (index) => void started.push(index));

  expect(started).toEqual([]);
});
