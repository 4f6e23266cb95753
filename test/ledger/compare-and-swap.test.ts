import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../core/model/errors.ts';
import { compareAndSwap } from '../../ledger/compare-and-swap.ts';
import {
  createLedgerBench,
  type LedgerBench,
  type LedgerPorts,
  settleTogether,
  withScheduledAnswers,
} from './ledger-bench.ts';

interface Guests {
  readonly writeId: string;
  readonly names: readonly string[];
}

const key = 'rollgate/payment/guests.json';
const nobody: Guests = { writeId: '', names: [] };

/** Not idempotent: a name that is added twice stands there twice. */
const add =
  (name: string) =>
  (guests: Guests): Guests => ({ ...guests, names: [...guests.names, name] });

/** Idempotent: nothing changes for a name that is there already. */
const addOnce =
  (name: string) =>
  (guests: Guests): Guests =>
    guests.names.includes(name) ? guests : add(name)(guests);

let bench: LedgerBench;

const swap = (change: (guests: Guests) => Guests | undefined, ports: LedgerPorts = bench.ports): Promise<Guests> =>
  compareAndSwap(ports, key, nobody, change);
const stored = (): Guests | undefined => bench.bucket.json(key) as Guests | undefined;

beforeEach(() => {
  bench = createLedgerBench();
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('one writer', () => {
  test('makes an object that is not there yet from the empty one', async () => {
    const written = await swap(add('anna'));

    expect(written).toEqual({ writeId: expect.stringMatching(/^[0-9a-f-]{36}$/), names: ['anna'] });
    expect(stored()).toEqual(written);
  });

  test('changes an object that is there', async () => {
    await swap(add('anna'));

    const written = await swap(add('ben'));

    expect(written.names).toEqual(['anna', 'ben']);
    expect(stored()).toEqual(written);
  });

  test('gives every write an id of its own, whatever id the change returns', async () => {
    const first = await swap(() => ({ writeId: 'mine', names: [] }));
    const second = await swap(() => ({ writeId: 'mine', names: [] }));

    expect(new Set(['mine', first.writeId, second.writeId]).size).toBe(3);
  });

  test.each([
    ['nothing', () => undefined],
    ['the object that it was given', (guests: Guests) => guests],
  ] as const)('writes nothing where the change returns %s', async (_what, change) => {
    const before = await swap(add('anna'), bench.others);

    const answer = await swap(change);

    expect(answer).toEqual(before);
    expect(stored()).toEqual(before);
    expect(bench.calls).toEqual(['ledger.read']);
  });

  test('makes no object where there is none and the change returns nothing', async () => {
    const answer = await swap(() => undefined);

    expect(answer).toEqual(nobody);
    expect(bench.bucket.keys()).toEqual([]);
  });

  test('does not write over what is no JSON', async () => {
    await bench.bucket.put(key, '{"writeId": "1", "na');

    await expect(swap(add('anna'))).rejects.toThrow(SyntaxError);

    expect((await bench.bucket.read(key))?.body).toBe('{"writeId": "1", "na');
  });
});

describe('a write that another writer forestalled', () => {
  test.each([
    ['the first one', [], 'ledger.create'],
    ['a later one', ['anna'], 'ledger.replace'],
  ] as const)('is made again from what that writer wrote: %s', async (_which, before, call) => {
    for (const name of before) await swap(add(name), bench.others);
    bench.faults.given(call, { kind: 'intrude', intruder: () => swap(add('ben'), bench.others) });

    const written = await swap(add('carl'));

    expect(written.names).toEqual([...before, 'ben', 'carl']);
    expect(stored()).toEqual(written);
  });

  test('is not made where nothing is left to change', async () => {
    await swap(add('anna'), bench.others);
    bench.faults.given('ledger.replace', { kind: 'intrude', intruder: () => swap(add('ben'), bench.others) });

    const answer = await swap(addOnce('ben'));

    expect(answer.names).toEqual(['anna', 'ben']);
    expect(stored()).toEqual(answer);
  });

  test('makes the object anew where that writer removed it', async () => {
    await swap(add('anna'), bench.others);
    bench.faults.given('ledger.replace', { kind: 'intrude', intruder: () => bench.bucket.remove(key) });

    const written = await swap(add('carl'));

    expect(written.names).toEqual(['carl']);
    expect(stored()).toEqual(written);
  });

  test('is made after nineteen lost races, each with a backoff that may be a little longer', async () => {
    await swap(add('anna'), bench.others);
    givenRacesLost(19);

    const written = await swap(add('carl'));

    expect(written.names).toEqual(['anna', ...Array.from({ length: 19 }, () => 'ben'), 'carl']);
    expect(bench.waits).toHaveLength(19);
    expect(bench.waits.filter((wait, index) => wait < 0 || wait > 50 * (index + 1))).toEqual([]);
  });

  test('is given up after twenty lost races, with an error that the step is retried for', async () => {
    await swap(add('anna'), bench.others);
    givenRacesLost(20);

    await expect(swap(add('carl'))).rejects.toThrow(
      new TransientAwsError(`${key} was changed by others 20 times in a row; the step is retried`),
    );

    expect(stored()?.names).toEqual(['anna', ...Array.from({ length: 20 }, () => 'ben')]);
  });

  function givenRacesLost(times: number): void {
    const intruder = () => swap(add('ben'), bench.others);
    bench.faults.given('ledger.replace', { kind: 'intrude', intruder }, { times });
  }
});

describe('a write whose answer was lost', () => {
  test.each([
    ['the first one', [], 'ledger.create'],
    ['a later one', ['anna'], 'ledger.replace'],
  ] as const)('is known by its id where a conflict is all that came back: %s', async (_which, before, call) => {
    for (const name of before) await swap(add(name), bench.others);
    bench.faults.given(call, { kind: 'repeat' });

    const written = await swap(add('carl'));

    expect(written.names).toEqual([...before, 'carl']);
    expect(stored()).toEqual(written);
    expect(bench.waits).toEqual([]);
  });

  test('is an error, and the retry of the step finds it made', async () => {
    await swap(add('anna'), bench.others);
    bench.faults.given('ledger.replace', { kind: 'lose-response' });

    await expect(swap(addOnce('carl'))).rejects.toThrow(TransientAwsError);
    const again = await swap(addOnce('carl'));

    expect(again.names).toEqual(['anna', 'carl']);
    expect(stored()).toEqual(again);
  });

  test('is not known where another writer has built upon it: the change is asked again and must find itself', async () => {
    await swap(add('anna'), bench.others);
    bench.faults.given('ledger.replace', { kind: 'repeat' });
    const seen: (readonly string[])[] = [];

    const answer = await swap((guests) => {
      seen.push(guests.names);
      if (seen.length === 1) {
        // Strikes at the look for the own write, which comes after this change was tried.
        bench.faults.given('ledger.read', { kind: 'intrude', intruder: () => swap(add('ben'), bench.others) });
      }
      return addOnce('carl')(guests);
    });

    expect(seen).toEqual([['anna'], ['anna', 'carl', 'ben']]);
    expect(answer.names).toEqual(['anna', 'carl', 'ben']);
    expect(stored()).toEqual(answer);
  });
});

test.each(['ledger.read', 'ledger.replace'] as const)('where %s is throttled nothing is written', async (call) => {
  const before = await swap(add('anna'), bench.others);
  bench.faults.given(call, { kind: 'throttle' });

  await expect(swap(add('carl'))).rejects.toThrow(TransientAwsError);

  expect(stored()).toEqual(before);
});

describe('many writers at once', () => {
  const anyWriters = fc
    .integer({ min: 2, max: 8 })
    .map((count) => Array.from({ length: count }, (_, n) => `guest ${n}`));

  test('every change is made exactly once, however their calls interleave', async () => {
    await fc.assert(
      fc.asyncProperty(anyWriters, fc.scheduler(), async (writers, scheduler) => {
        bench = createLedgerBench();
        const ports = withScheduledAnswers(bench.ports, scheduler);

        const answers = await settleTogether(
          scheduler,
          writers.map((name) => swap(add(name), ports)),
        );

        expect(stored()?.names.toSorted()).toEqual(writers);
        expect(answers.map(({ names }) => names.at(-1))).toEqual(writers);
        expect(new Set(answers.map(({ writeId }) => writeId)).size).toBe(writers.length);
      }),
      { numRuns: 50 },
    );
  });

  test('an idempotent change is made exactly once, also where answers are lost and steps retried', async () => {
    const anyFaults = fc.array(
      fc.record({
        call: fc.constantFrom('ledger.read', 'ledger.create', 'ledger.replace'),
        kind: fc.constantFrom('throttle', 'lose-response', 'repeat'),
      } as const),
      { maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(anyWriters, anyFaults, fc.scheduler(), async (writers, faults, scheduler) => {
        bench = createLedgerBench();
        for (const { call, kind } of faults) bench.faults.given(call, { kind });
        const ports = withScheduledAnswers(bench.ports, scheduler);

        await settleTogether(
          scheduler,
          writers.map((name) => untilDone(() => swap(addOnce(name), ports))),
        );

        expect(stored()?.names.toSorted()).toEqual(writers);
        bench.faults.clear();
      }),
      { numRuns: 50 },
    );
  });
});

/** As Step Functions retries a step. */
async function untilDone<Value>(step: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof TransientAwsError)) throw error;
    }
  }
}
