import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Convergence, emptyConvergence, type SeenHost } from '../../../core/model/convergence.ts';
import { changeConvergence, readConvergence } from '../../../ledger/converge/convergence.ts';
import { createLedgerBench, type LedgerBench, settleTogether, withScheduledAnswers } from '../ledger-bench.ts';

const host: SeenHost = {
  running: 'v1-aaaaaaaaaaaa',
  isRight: true,
  deploymentId: 'd-1',
  at: '2026-11-22T20:45:00.000Z',
};
const seen =
  (instanceId: string) =>
  (convergence: Convergence): Convergence => ({
    ...convergence,
    seen: { ...convergence.seen, [instanceId]: host },
  });

let bench: LedgerBench;

beforeEach(() => {
  bench = createLedgerBench();
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

test('a target where no deployment has ended yet has an empty record', async () => {
  expect(await readConvergence(bench.ports)).toEqual(emptyConvergence);
  expect(bench.bucket.keys()).toEqual([]);
});

test('a change is read by whoever reads next', async () => {
  await changeConvergence(bench.ports, seen('i-a'));
  const written = await changeConvergence(bench.ports, seen('i-b'));

  expect(written).toEqual({
    ...emptyConvergence,
    writeId: expect.stringMatching(/./),
    seen: { 'i-a': host, 'i-b': host },
  });
  expect(await readConvergence(bench.ports)).toEqual(written);
  expect(bench.bucket.keys()).toEqual(['rollgate/payment/convergence.json']);
});

test('what is equal afterwards is not written again, though it is another object', async () => {
  const before = await changeConvergence(bench.others, seen('i-a'));

  const answer = await changeConvergence(bench.ports, (current) => structuredClone(seen('i-a')(current)));

  expect(answer).toEqual(before);
  expect(await readConvergence(bench.ports)).toEqual(before);
  expect(bench.calls).not.toContain('ledger.replace');
});

test('an end whose answer was lost is recorded once', async () => {
  bench.faults.given('ledger.create', { kind: 'repeat' });
  const failure = { instanceId: 'i-a', name: 'a', at: 'then', why: 'its gate failed' };

  const written = await changeConvergence(bench.ports, (current) => ({
    ...current,
    failures: [...current.failures, failure],
  }));

  expect(written.failures).toEqual([failure]);
  expect(await readConvergence(bench.others)).toEqual(written);
});

test('of hosts that are seen at once none is forgotten', async () => {
  const anyHosts = fc.uniqueArray(fc.stringMatching(/^i-[0-9a-f]{1,3}$/), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(anyHosts, fc.scheduler(), async (hosts, scheduler) => {
      bench = createLedgerBench();
      const ports = withScheduledAnswers(bench.ports, scheduler);

      await settleTogether(
        scheduler,
        hosts.map((instanceId) => changeConvergence(ports, seen(instanceId))),
      );

      const record = await readConvergence(bench.others);
      expect(Object.keys(record.seen).toSorted()).toEqual(hosts.toSorted());
    }),
    { numRuns: 50 },
  );
});
