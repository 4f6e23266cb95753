import { expect, test } from 'vitest';
import { findReleaseByContent } from '../../../ledger/release/find-release-by-content.ts';
import { numberRelease } from '../../../ledger/release/releases.ts';
import { buildOf, contentOf } from '../given-releases.ts';
import { createLedgerBench } from '../ledger-bench.ts';

test('a content has the number of the release that was made of it, and a new one has none', async () => {
  const { ports } = createLedgerBench();
  await numberRelease(ports, buildOf('one'));
  await numberRelease(ports, buildOf('two'));
  await numberRelease(ports, buildOf('one'));

  const numbers = await Promise.all(
    ['one', 'two', 'three'].map((name) => findReleaseByContent(ports, contentOf(name))),
  );

  expect(numbers).toEqual([1, 2, undefined]);
});

test('looking for the release of a content makes none', async () => {
  const { ports, bucket } = createLedgerBench();

  await findReleaseByContent(ports, contentOf('one'));

  expect(bucket.keys()).toEqual([]);
});

test('the releases of another service are none of this one', async () => {
  const { ports } = createLedgerBench();
  await numberRelease({ ...ports, stage: { ...ports.stage, service: 'cart' } }, buildOf('one'));

  expect(await findReleaseByContent(ports, contentOf('one'))).toBeUndefined();
});
