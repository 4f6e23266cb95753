import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../core/model/canonical-json.ts';
import { InvalidDeploymentError, TransientAwsError } from '../../../core/model/errors.ts';
import { emptyTargetState, type TargetState } from '../../../core/model/target-state.ts';
import { keys } from '../../../ledger/keys.ts';
import {
  keepPackages,
  listReleases,
  numberRelease,
  previewRelease,
  readPackages,
  readRelease,
  readStableArtifact,
  storeRelease,
} from '../../../ledger/release/releases.ts';
import { buildOf, contentOf, zipOf } from '../given-releases.ts';
import {
  createLedgerBench,
  type LedgerBench,
  type LedgerPorts,
  settleTogether,
  withScheduledAnswers,
} from '../ledger-bench.ts';

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

const number = async (name: string, by: LedgerPorts = ports): Promise<number> =>
  (await numberRelease(by, buildOf(name))).manifest.number;

/** `v1: cart, v2: user` as it stands in the ledger, by content. */
async function numbered(names: readonly string[]): Promise<string> {
  const nameOf = new Map(names.map((name) => [contentOf(name), name]));
  const releases = (await listReleases(bench.others)).map(async (each) => {
    const { manifest } = await readRelease(bench.others, each);
    return `v${manifest.number}: ${nameOf.get(manifest.contentSha256)}`;
  });
  return (await Promise.all(releases)).join(', ');
}

describe('a new content', () => {
  test('gets the next number, and its manifest stands under it', async () => {
    const first = await numberRelease(ports, buildOf('one'));
    const second = await numberRelease(ports, buildOf('two'));

    expect(first.manifest).toEqual(buildOf('one')(1, 'rollgate/payment/releases/1.zip'));
    expect(second.manifest).toEqual(buildOf('two')(2, 'rollgate/payment/releases/2.zip'));
    expect(bench.bucket.json(keys.manifest('payment', 2))).toEqual(second.manifest);
  });

  test('gets v10 after v9, and v11 after v10: numbers count, texts do not', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `content ${index + 1}`);

    for (const name of names) await number(name);

    expect(await listReleases(ports)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await numbered(names)).toBe(names.map((name, index) => `v${index + 1}: ${name}`).join(', '));
  });

  test('gets a number after the highest, though those before it are gone', async () => {
    for (const name of ['one', 'two', 'three']) await number(name);
    for (const gone of [1, 2]) await bench.bucket.remove(keys.manifest('payment', gone));

    expect(await number('four')).toBe(4);
    expect(await listReleases(ports)).toEqual([3, 4]);
  });

  test('gets the number after that of another upload that was faster', async () => {
    bench.faults.given('ledger.create', { kind: 'intrude', intruder: () => number('two', bench.others) });

    expect(await number('one')).toBe(2);
    expect(await numbered(['one', 'two'])).toBe('v1: two, v2: one');
  });
});

describe('the same content', () => {
  test('keeps its number and its manifest, whoever uploads it again and when', async () => {
    const first = await numberRelease(ports, buildOf('one'));
    await number('two');

    const again = await numberRelease(ports, buildOf('one', { versionId: 'another', createdAt: 'later' }));

    expect(again).toEqual(first);
    expect(await listReleases(ports)).toEqual([1, 2]);
  });

  test('keeps its number for good: a hundred releases later it is still known', async () => {
    await number('one');
    for (let each = 2; each <= 101; each += 1) {
      await bench.bucket.put(keys.manifest('payment', each), JSON.stringify(buildOf(`content ${each}`)(each, '')));
    }

    expect(await number('one')).toBe(1);
    expect((await listReleases(ports)).at(-1)).toBe(101);
  });

  test('has one number where another upload of it is faster', async () => {
    bench.faults.given('ledger.create', { kind: 'intrude', intruder: () => number('one', bench.others) });

    expect(await number('one')).toBe(1);
    expect(await listReleases(ports)).toEqual([1]);
  });

  test.each([
    ['its manifest', /releases/],
    ['its index', /contents/],
  ])('is found by the retry after the answer about %s was lost', async (_what, matches) => {
    await number('before');
    bench.faults.given('ledger.create', { kind: 'lose-response' }, { matches });

    await expect(number('one')).rejects.toThrow(TransientAwsError);

    expect(await number('one')).toBe(2);
    expect(await numbered(['before', 'one'])).toBe('v1: before, v2: one');
  });

  test('is found by the retry where its index was never written, and then has one', async () => {
    bench.faults.given('ledger.create', { kind: 'throttle' }, { matches: /contents/ });

    await expect(number('one')).rejects.toThrow(TransientAwsError);
    await number('two');

    expect(await number('one')).toBe(1);
    expect(bench.bucket.json(keys.content('payment', contentOf('one')))).toEqual({ number: 1 });
  });

  test('takes no second number where the conflict was with its own manifest', async () => {
    bench.faults.given('ledger.create', { kind: 'repeat' }, { matches: /releases/ });

    expect(await number('one')).toBe(1);
    expect(await listReleases(ports)).toEqual([1]);
  });

  test('has one number each, without gaps, whatever is uploaded at once', async () => {
    const anyNames = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyNames, fc.scheduler(), async (names, scheduler) => {
        bench = createLedgerBench();
        const together = withScheduledAnswers(bench.ports, scheduler);

        const numbers = await settleTogether(
          scheduler,
          names.map((name) => number(name, together)),
        );

        const contents = [...new Set(names)];
        const numberOf = new Map(names.map((name, index) => [name, numbers[index]]));
        expect(numbers).toEqual(names.map((name) => numberOf.get(name)));
        expect([...numberOf.values()].toSorted()).toEqual(contents.map((_, index) => index + 1));
        expect(await listReleases(bench.others)).toEqual(contents.map((_, index) => index + 1));
      }),
      { numRuns: 30 },
    );
  });
});

describe('the list of releases', () => {
  test('is empty before the first', async () => {
    expect(await listReleases(ports)).toEqual([]);
  });

  test('is by number, whatever the order in which they were written, and knows manifests alone', async () => {
    for (const each of ['10.json', '9.json', '100.json', '1.json', '1.zip', '11.zip', '2.json.old', 'x3.json']) {
      await bench.bucket.put(`${keys.releases('payment')}${each}`, '{}');
    }
    await bench.bucket.put(keys.manifest('payment-next', 7), '{}');

    expect(await listReleases(ports)).toEqual([1, 9, 10, 100]);
  });
});

describe('a release', () => {
  test('is its manifest, with the SHA-256 of the bytes that hosts download', async () => {
    await number('one');

    const stored = await readRelease(ports, 1);

    const bytes = bench.bucket.bytes(keys.manifest('payment', 1)) ?? '';
    expect(stored).toEqual({
      manifest: buildOf('one')(1, 'rollgate/payment/releases/1.zip'),
      manifestSha256: sha256Hex(bytes),
    });
  });

  test('that is not there is refused, with those that are', async () => {
    await expect(readRelease(ports, 3)).rejects.toThrow(
      new InvalidDeploymentError('release: v3 does not exist; there are none yet'),
    );
    for (const each of [10, 2, 1]) await bench.bucket.put(keys.manifest('payment', each), '{}');
    await expect(readRelease(ports, 3)).rejects.toThrow(
      new InvalidDeploymentError('release: v3 does not exist; there are v1, v2, v10'),
    );
  });
});

describe('a release that is only looked at', () => {
  test('is the one that deploying would make, and nothing is written', async () => {
    await number('before');
    const before = bench.bucket.dump();

    const preview = await previewRelease(ports, buildOf('one'));

    expect(bench.bucket.dump()).toBe(before);
    expect(preview).toEqual(await numberRelease(ports, buildOf('one')));
    expect(preview.manifest.number).toBe(2);
  });

  test('is the one that is there where the content has a number already', async () => {
    const stored = await numberRelease(ports, buildOf('one'));
    await number('two');

    expect(await previewRelease(ports, buildOf('one', { createdAt: 'later' }))).toEqual(stored);
  });
});

describe('the bytes of a release', () => {
  const store = async (name: string) => {
    const { versionId } = await bench.artifacts.upload(zipOf(name));
    return () => storeRelease(ports, buildOf(name, { versionId }));
  };

  test('are kept beside its manifest, for hosts to download', async () => {
    const stored = await (await store('one'))();

    expect(stored).toEqual(await readRelease(ports, 1));
    expect(bench.bucket.bytes(stored.manifest.zipKey)).toEqual(zipOf('one'));
  });

  test.each(['throttle', 'lose-response'] as const)(
    'are copied by the retry where the copy ended in %s, under the same number',
    async (kind) => {
      const storeOne = await store('one');
      bench.faults.given('artifacts.copyToLedger', { kind });

      await expect(storeOne()).rejects.toThrow(TransientAwsError);
      const stored = await storeOne();

      expect(stored.manifest.number).toBe(1);
      expect(await listReleases(ports)).toEqual([1]);
      expect(bench.bucket.bytes(stored.manifest.zipKey)).toEqual(zipOf('one'));
    },
  );

  test('are copied from the upload at hand where the one that got the number is gone and was never copied', async () => {
    const storeOne = await store('one');
    const storeAgain = await store('one');
    bench.faults.given('artifacts.copyToLedger', { kind: 'throttle' });
    await expect(storeOne()).rejects.toThrow(TransientAwsError);
    bench.artifacts.givenDeleted('upload.1');

    const stored = await storeAgain();

    expect(stored).toEqual(await readRelease(ports, 1));
    expect(bench.bucket.bytes(stored.manifest.zipKey)).toEqual(zipOf('one'));
  });

  test('are refused where the copy is not what was uploaded', async () => {
    const { versionId } = await bench.artifacts.upload(zipOf('something else'));

    await expect(storeRelease(ports, buildOf('one', { versionId }))).rejects.toThrow(
      new InvalidDeploymentError(
        'artifact: the copy of version upload.1 has another SHA-256 than the upload; upload it again',
      ),
    );
  });

  test('are those of the stable release where the configuration alone is deployed', async () => {
    await (await store('one'))();
    await (await store('two'))();
    const state = givenStable(1);

    const { manifest, bytes } = await readStableArtifact(ports, state);

    expect(manifest).toEqual((await readRelease(ports, 1)).manifest);
    expect(bytes).toEqual(zipOf('one'));
  });

  test('are none to take before a release is stable', async () => {
    await (await store('one'))();

    await expect(readStableArtifact(ports, emptyTargetState('payment'))).rejects.toThrow(
      new InvalidDeploymentError(
        'configOnly: no release has succeeded on the whole target yet, so there is no artifact to take; deploy a zip first',
      ),
    );
  });
});

function givenStable(release: number): TargetState {
  const entry = { release, releaseId: `v${release}-x`, deploymentId: 'd-1', at: 'then', isRollback: false };
  return { ...emptyTargetState('payment'), stableHistory: [{ ...entry, release: 2 }, entry] };
}

describe('the packages of a requirements file', () => {
  test('are unknown until the first host has resolved them', async () => {
    expect(await readPackages(ports, 'c0ffee')).toBeUndefined();
  });

  test('are those that the first host resolved, a line each, with the SHA-256 of the file', async () => {
    await keepPackages(ports, 'c0ffee', ['Flask==3.0', 'uWSGI==2.0.31']);
    await keepPackages(ports, 'c0ffee', ['Flask==3.1']);

    const text = 'Flask==3.0\nuWSGI==2.0.31\n';
    expect((await bench.bucket.read(keys.packages('payment', 'c0ffee')))?.body).toBe(text);
    expect(await readPackages(ports, 'c0ffee')).toEqual({
      key: 'rollgate/payment/packages/c0ffee.txt',
      sha256: sha256Hex(text),
    });
  });

  test('are none of another requirements file', async () => {
    await keepPackages(ports, 'c0ffee', ['Flask==3.0']);

    expect(await readPackages(ports, 'decaf')).toBeUndefined();
  });
});
