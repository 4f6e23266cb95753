import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../../core/model/errors.ts';
import type { Control } from '../../../core/model/operator-requests.ts';
import { type ControlVerb, deploymentVerbs, noControls, targetVerbs } from '../../../core/model/operator-requests.ts';
import { keys, wholeTarget } from '../../../ledger/keys.ts';
import {
  readControl,
  readControls,
  readRecord,
  readRecords,
  readStoppingWords,
  writeControl,
} from '../../../ledger/operator/requests.ts';
import { createLedgerBench, type LedgerBench, type LedgerPorts } from '../ledger-bench.ts';

const one = 'd-20261122-204500-1a2b3c';
const other = 'd-20261122-204600-ffffff';

/** A request of anna's, so many seconds after the deployment began. */
const at = (second: number, more: Partial<Control> = {}): Control => ({
  by: 'anna',
  at: new Date(Date.parse('2026-11-22T20:45:00Z') + second * 1000).toISOString(),
  reason: '',
  ...more,
});

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

const nameOf = (verb: ControlVerb, request: Control): string => keys.control('payment', verb, one, request);

describe('a request of an operator', () => {
  test.each([...deploymentVerbs, ...targetVerbs])('stands below the prefix of its verb alone: %s', async (verb) => {
    const request = at(1, { reason: 'lunch' });

    await writeControl(ports, verb, one, request);

    expect(bench.bucket.keys()).toEqual([
      expect.stringMatching(
        new RegExp(`^rollgate/payment/control/${verb}/${one}/20261122T204501000Z-[0-9a-f]{8}\\.json$`),
      ),
    ]);
    expect(bench.bucket.json(nameOf(verb, request))).toEqual(request);
  });

  test('takes the place of no other, not even of the same instant', async () => {
    const requests = [at(1), at(1, { by: 'ben' }), at(2), at(2, { reason: 'lunch' })];

    for (const request of requests) await writeControl(ports, 'pause', one, request);

    const read = await readRecord(ports, one);
    expect(read).toHaveLength(4);
    expect(read).toEqual(expect.arrayContaining(requests.map((request) => ({ verb: 'pause', ...request }))));
  });

  test('is one where it is made twice, also after its answer was lost', async () => {
    bench.faults.given('ledger.create', { kind: 'lose-response' });

    await expect(writeControl(ports, 'pause', one, at(1))).rejects.toThrow(TransientAwsError);
    await writeControl(ports, 'pause', one, at(1));

    expect(await readRecord(ports, one)).toEqual([{ verb: 'pause', ...at(1) }]);
  });

  test('was not made where it was throttled', async () => {
    bench.faults.given('ledger.create', { kind: 'throttle' });

    await expect(writeControl(ports, 'halt', one, at(1))).rejects.toThrow(TransientAwsError);

    expect(await readControl(ports, 'halt', one)).toBeNull();
  });
});

describe('the latest request of a verb', () => {
  test('is none where it was never made: neither of this verb, nor to this deployment', async () => {
    await writeControl(ports, 'pause', one, at(1));
    await writeControl(ports, 'halt', `${one}d`, at(2));
    await writeControl(ports, 'halt', wholeTarget, at(3));

    expect(await readControl(ports, 'halt', one)).toBeNull();
  });

  test('is that of the latest instant, whatever the order in which they were made', async () => {
    const anySeconds = fc.uniqueArray(fc.nat({ max: 100_000 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anySeconds, async (seconds) => {
        ports = createLedgerBench().ports;
        for (const second of seconds) await writeControl(ports, 'halt', one, at(second));

        expect(await readControl(ports, 'halt', one)).toEqual(at(Math.max(...seconds)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('decisions', () => {
  test('are made from nothing where nothing was asked for', async () => {
    expect(await readControls(ports, one)).toEqual(noControls);
  });

  test('are made from the latest request of each verb, and from every skip and retry, oldest first', async () => {
    const skips = [at(30, { hosts: ['i-b'] }), at(3, { hosts: ['i-a'] })];
    const retries = [at(5, { hosts: ['i-c'] }), at(4, { hosts: ['i-a'] })];
    for (const verb of ['halt', 'pause', 'resume', 'approve'] as const) {
      await writeControl(ports, verb, one, at(2, { reason: verb, isKept: true }));
      await writeControl(ports, verb, one, at(1, { reason: verb }));
      await writeControl(ports, verb, other, at(9));
    }
    for (const skip of skips) await writeControl(ports, 'skip', one, skip);
    for (const retry of retries) await writeControl(ports, 'retry', one, retry);

    const latest = (verb: ControlVerb): Control => at(2, { reason: verb, isKept: true });
    expect(await readControls(ports, one)).toEqual({
      halt: latest('halt'),
      pause: latest('pause'),
      resume: latest('resume'),
      approve: latest('approve'),
      skip: skips.toReversed().map((skip) => ({ verb: 'skip', ...skip })),
      retry: retries.toReversed().map((retry) => ({ verb: 'retry', ...retry })),
    });
  });
});

test('a step that is out may be ended by the latest halt and by every skip, oldest first', async () => {
  expect(await readStoppingWords(ports, one)).toEqual({ halt: null, skip: [] });
  for (const second of [2, 1]) {
    await writeControl(ports, 'halt', one, at(second));
    await writeControl(ports, 'skip', one, at(second));
    await writeControl(ports, 'pause', one, at(second, { by: 'ben' }));
  }

  const requests = await readStoppingWords(ports, one);

  expect(requests).toEqual({ halt: at(2), skip: [at(1), at(2)].map((skip) => ({ verb: 'skip', ...skip })) });
});

describe('the record of a deployment', () => {
  test('is every request to it, of each verb, oldest first, and none to another or to the target', async () => {
    const verbs = deploymentVerbs.toReversed();
    for (const [second, verb] of verbs.entries()) await writeControl(ports, verb, one, at(second));
    await writeControl(ports, 'halt', `${one}d`, at(1));
    await writeControl(ports, 'freeze', wholeTarget, at(1));

    expect(await readRecord(ports, one)).toEqual(verbs.map((verb, second) => ({ verb, ...at(second) })));
  });

  test('is empty where nothing was asked for', async () => {
    expect(await readRecord(ports, one)).toEqual([]);
  });
});

describe('the records of many deployments', () => {
  const spoken = (verb: ControlVerb, request: Control) => ({ verb, ...request });

  test('are read at once, each oldest first, with what was asked of the target', async () => {
    await writeControl(ports, 'pause', one, at(2));
    await writeControl(ports, 'resume', one, at(1));
    await writeControl(ports, 'halt', other, at(3));
    await writeControl(ports, 'freeze', wholeTarget, at(6));
    await writeControl(ports, 'unfreeze', wholeTarget, at(5));
    await writeControl(ports, 'halt', 'd-20261122-204700-eeeeee', at(4));

    const records = await readRecords(ports, [one, other]);

    expect(records).toEqual(
      new Map([
        [one, [spoken('resume', at(1)), spoken('pause', at(2))]],
        [other, [spoken('halt', at(3))]],
        [wholeTarget, [spoken('unfreeze', at(5)), spoken('freeze', at(6))]],
      ]),
    );
  });

  test('have none of a deployment of which nothing was asked', async () => {
    await writeControl(ports, 'halt', other, at(3));

    expect(await readRecords(ports, [one])).toEqual(new Map());
  });

  test('are one list of the ledger, however many deployments there are', async () => {
    await writeControl(ports, 'halt', one, at(1));

    await readRecords(ports, [one, other, 'd-20261122-204700-eeeeee']);

    expect(bench.calls.filter((call) => call === 'ledger.list')).toHaveLength(1);
  });

  test('pass over what is no request: an unknown verb, and an object that lies deeper or higher', async () => {
    await writeControl(ports, 'halt', one, at(1));
    const prefix = keys.allControls('payment');
    for (const stray of [`explode/${one}/1.json`, `halt/${one}/old/1.json`, `halt/${one}`, 'halt.json']) {
      await bench.bucket.put(`${prefix}${stray}`, JSON.stringify(at(2)));
    }

    expect(await readRecords(ports, [one])).toEqual(new Map([[one, [spoken('halt', at(1))]]]));
  });

  test('keep each request with its own deployment where an earlier one expires between list and read', async () => {
    await writeControl(ports, 'halt', one, at(1));
    await writeControl(ports, 'halt', other, at(3));
    await writeControl(ports, 'pause', other, at(4));
    const expire = () => bench.bucket.remove(nameOf('halt', at(1)));
    bench.faults.given('ledger.read', { kind: 'intrude', intruder: expire }, { matches: new RegExp(one) });

    expect(await readRecords(ports, [one, other])).toEqual(
      new Map([[other, [spoken('halt', at(3)), spoken('pause', at(4))]]]),
    );
  });
});
