import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../clients/ports.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import { createJson, encode, readAll, readEach, readJson } from '../../ledger/json-objects.ts';
import { createLedgerBench, type LedgerBench, settleTogether, withScheduledAnswers } from './ledger-bench.ts';

const key = 'rollgate/payment/deployments/d-1/plan.json';
const mine = { hosts: ['i-a'] };
const theirs = { hosts: ['i-b'] };

let bench: LedgerBench;

const text = async (): Promise<string | undefined> => (await bench.bucket.read(key))?.body;

beforeEach(() => {
  bench = createLedgerBench();
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('an object that is written once', () => {
  test('is stored as indented text, for people read it too', async () => {
    const written = await createJson(bench.ports.ledger, key, mine);

    expect(written).toEqual({ value: mine, isOurs: true });
    expect(await text()).toBe('{\n  "hosts": [\n    "i-a"\n  ]\n}\n');
  });

  test('is returned as it stands when it is written again', async () => {
    await createJson(bench.ports.ledger, key, mine);

    const again = await createJson(bench.ports.ledger, key, mine);

    expect(again).toEqual({ value: mine, isOurs: false });
    expect(await text()).toBe(encode(mine));
  });

  test("keeps the content of its first writer, and a later one is told that it is another's", async () => {
    await createJson(bench.others.ledger, key, theirs);

    const written = await createJson(bench.ports.ledger, key, mine);

    expect(written).toEqual({ value: theirs, isOurs: false });
    expect(await text()).toBe(encode(theirs));
  });

  test('is found by the retry after its answer was lost', async () => {
    bench.faults.given('ledger.create', { kind: 'lose-response' });

    await expect(createJson(bench.ports.ledger, key, mine)).rejects.toThrow(TransientAwsError);
    const again = await createJson(bench.ports.ledger, key, mine);

    expect(again).toEqual({ value: mine, isOurs: false });
    expect(await text()).toBe(encode(mine));
  });

  test('is returned where the conflict was with our own write', async () => {
    bench.faults.given('ledger.create', { kind: 'repeat' });

    const written = await createJson(bench.ports.ledger, key, mine);

    expect(written.value).toEqual(mine);
    expect(await text()).toBe(encode(mine));
  });

  test('is not there after a write that was throttled', async () => {
    bench.faults.given('ledger.create', { kind: 'throttle' });

    await expect(createJson(bench.ports.ledger, key, mine)).rejects.toThrow(TransientAwsError);

    expect(bench.bucket.keys()).toEqual([]);
  });

  test('is written after all where the one before it was removed meanwhile', async () => {
    await createJson(bench.others.ledger, key, theirs);
    bench.faults.given('ledger.read', { kind: 'intrude', intruder: () => bench.bucket.remove(key) });

    const written = await createJson(bench.ports.ledger, key, mine);

    expect(written).toEqual({ value: mine, isOurs: true });
    expect(await text()).toBe(encode(mine));
  });

  test('is an error and stays as it is where what stands there is no JSON', async () => {
    await bench.bucket.put(key, '{"hosts": [');

    await expect(createJson(bench.ports.ledger, key, mine)).rejects.toThrow(SyntaxError);

    expect(await text()).toBe('{"hosts": [');
  });

  test('has one writer, and all of many at once are told what that one wrote', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 6 }), fc.scheduler(), async (count, scheduler) => {
        bench = createLedgerBench();
        const { ledger } = withScheduledAnswers(bench.ports, scheduler);

        const answers = await settleTogether(
          scheduler,
          Array.from({ length: count }, (_, writer) => createJson(ledger, key, { writer })),
        );

        const winners = answers.filter(({ isOurs }) => isOurs).map(({ value }) => value);
        expect(winners).toHaveLength(1);
        expect(answers.map(({ value }) => value)).toEqual(answers.map(() => winners[0]));
        expect(bench.bucket.json(key)).toEqual(winners[0]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an object that is read', () => {
  test('is the value that was written', async () => {
    const value = { text: 'grüße \u{1F600}\n', none: null, nested: [{ a: 1.5, b: false }] };
    await bench.bucket.put(key, encode(value));

    expect(await readJson(bench.ports.ledger, key)).toEqual(value);
  });

  test('is undefined where there is none', async () => {
    expect(await readJson(bench.ports.ledger, key)).toBeUndefined();
  });

  test('is an error where it is no JSON: never taken for one that is not there', async () => {
    await bench.bucket.put(key, '');

    await expect(readJson(bench.ports.ledger, key)).rejects.toThrow(SyntaxError);
  });

  test('is an error where the ledger gives no answer', async () => {
    await bench.bucket.put(key, encode(mine));
    bench.faults.given('ledger.read', { kind: 'throttle' });

    await expect(readJson(bench.ports.ledger, key)).rejects.toThrow(TransientAwsError);
  });
});

describe('many objects', () => {
  const keysOf = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => `a/${number}.json`);

  test('come in the order of their keys, whichever is answered first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: 99 }), { maxLength: 12 }),
        fc.scheduler(),
        async (numbers, scheduler) => {
          bench = createLedgerBench();
          for (const number of numbers) await bench.bucket.put(`a/${number}.json`, encode({ number }));
          const { ledger } = withScheduledAnswers(bench.ports, scheduler);

          const [values] = await settleTogether(scheduler, [
            readAll(
              ledger,
              numbers.map((number) => `a/${number}.json`),
            ),
          ]);

          expect(values).toEqual(numbers.map((number) => ({ number })));
        },
      ),
    );
  });

  test('are fifty at once at most, and none is left out', async () => {
    const keys = keysOf(120);
    for (const each of keys) await bench.bucket.put(each, encode(each));
    let underWay = 0;
    let most = 0;
    const ledger: Ledger = {
      ...bench.bucket,
      async read(each) {
        underWay += 1;
        most = Math.max(most, underWay);
        const object = await bench.bucket.read(each);
        underWay -= 1;
        return object;
      },
    };

    expect(await readAll(ledger, keys)).toEqual(keys);
    expect(most).toBe(50);
  });

  test('are those that are there: one that was removed since it was listed is left out', async () => {
    await bench.bucket.put('a/0.json', encode('first'));
    await bench.bucket.put('a/2.json', encode('last'));

    expect(await readAll(bench.ports.ledger, keysOf(3))).toEqual(['first', 'last']);
  });

  test('have their places where each is asked for: one that was removed leaves its own empty', async () => {
    await bench.bucket.put('a/0.json', encode('first'));
    await bench.bucket.put('a/2.json', encode('last'));

    expect(await readEach(bench.ports.ledger, keysOf(3))).toEqual(['first', undefined, 'last']);
  });

  test('are an error as a whole where one gives no answer', async () => {
    await bench.bucket.put('a/0.json', encode('first'));
    bench.faults.given('ledger.read', { kind: 'throttle' }, { matches: /a\/1\.json/ });

    await expect(readAll(bench.ports.ledger, keysOf(2))).rejects.toThrow(TransientAwsError);
  });
});
