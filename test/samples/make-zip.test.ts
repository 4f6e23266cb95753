import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Entry, fromBuffer } from 'yauzl';
import { makeArtifact } from '../../samples/make-zip.ts';
import { variantNames, variants } from '../../samples/variants.ts';

const samples = join(import.meta.dirname, '../../samples');
const run = promisify(execFile);

describe('the zip of the sample', () => {
  test.each(variantNames)('%s is the same bytes each time', async (variant) => {
    const first = await makeArtifact(variant);
    const second = await makeArtifact(variant);

    expect(first.equals(second)).toBe(true);
  });

  test('is the same bytes in every time zone', async () => {
    const folder = await temporaryFolder();

    await makeZip(['v1', '--out', join(folder, 'west.zip')], { TZ: 'America/Los_Angeles' });
    await makeZip(['v1', '--out', join(folder, 'east.zip')], { TZ: 'Asia/Tokyo' });

    const [west, east] = await Promise.all(['west.zip', 'east.zip'].map((name) => readFile(join(folder, name))));
    expect(east?.equals(west ?? Buffer.alloc(0))).toBe(true);
  });

  test('differs for every variant', async () => {
    const zips = await Promise.all(
      variantNames.map(async (variant) => (await makeArtifact(variant)).toString('base64')),
    );

    expect(new Set(zips).size).toBe(variantNames.length);
  });

  test.each(variantNames)('%s has the files of the service at the top, sorted, and nothing else', async (variant) => {
    const entries = await entriesOf(await makeArtifact(variant));

    expect([...entries.keys()]).toEqual([
      'health.py',
      'logs.py',
      'orders.py',
      'payment.ini',
      'payment.py',
      'requirements.txt',
      'settings.py',
      'shop.py',
      'version.py',
    ]);
  });

  test('holds the files as they are in the folder', async () => {
    const entries = await entriesOf(await makeArtifact());

    for (const [name, content] of entries) expect(content).toBe(await readFile(join(samples, 'payment', name), 'utf8'));
  });
});

describe('the variants', () => {
  test('are exactly the folders of overlays, and v1', async () => {
    const folders = await readdir(join(samples, 'payment-variants'));

    expect(['v1', ...folders].sort()).toEqual([...variantNames].sort());
  });

  test('change the files that they are about, and no other', async () => {
    const base = await entriesOf(await makeArtifact('v1'));

    const changed = await Promise.all(
      variantNames.map(async (variant) => {
        const entries = await entriesOf(await makeArtifact(variant));
        return [variant, [...entries.keys()].filter((name) => entries.get(name) !== base.get(name))];
      }),
    );

    expect(Object.fromEntries(changed)).toEqual({
      v1: [],
      v2: ['version.py'],
      'new-requirement': ['requirements.txt', 'version.py'],
      'pip-fails': ['requirements.txt'],
      'pip-fails-early': ['requirements.txt'],
      'no-uwsgi': ['requirements.txt'],
      'import-error': ['version.py'],
      'exits-at-start': ['payment.ini'],
      'answers-500': ['health.py'],
      'wrong-port': ['payment.ini'],
      'slow-health': ['health.py'],
      'dies-after-first-answer': ['health.py'],
      'dies-after-8s': ['health.py'],
      'worker-dies-after-4s': ['health.py'],
      'eats-memory': ['version.py'],
      'prints-secret': ['version.py'],
    });
  });

  test('exits-at-start differs from the payment.ini of the service by its chdir alone', async () => {
    const base = lines((await entriesOf(await makeArtifact('v1'))).get('payment.ini'));
    const broken = lines((await entriesOf(await makeArtifact('exits-at-start'))).get('payment.ini'));

    expect(broken.filter((line) => !base.includes(line))).toEqual([
      '# The application moved, this line did not.',
      'chdir = /opt/payment',
    ]);
    expect(base.filter((line) => !broken.includes(line))).toEqual([]);
  });

  test('can be built under another version, as many times as a test needs', async () => {
    const entries = await entriesOf(await makeArtifact('v2', { version: '2.1-hotfix' }));

    expect(entries.get('version.py')).toContain('VERSION = "2.1-hotfix"');
    await expect(makeArtifact('import-error', { version: '2.1' })).rejects.toThrow(
      'the variant import-error has no version of its own to replace',
    );
    await expect(makeArtifact('v2', { version: '2"' })).rejects.toThrow('is no version');
  });
});

describe('the service', () => {
  test('is set up as the payment.ini of the shop is', async () => {
    const ini = lines((await entriesOf(await makeArtifact())).get('payment.ini'));

    expect(ini).toEqual(
      expect.arrayContaining([
        'module = payment',
        'callable = app',
        'uid = 1',
        'gid = 1',
        'master = true',
        'lazy-apps = true',
        'socket = 0.0.0.0:8080',
        'protocol = http',
      ]),
    );
  });

  test('pins none of its requirements', async () => {
    const requirements = lines((await entriesOf(await makeArtifact())).get('requirements.txt'));

    expect(requirements).toEqual(['Flask', 'pika', 'requests', 'uwsgi']);
  });

  test('is Python 3.6 in all its files and variants', async () => {
    const program =
      'import ast, sys\nfor name in sys.argv[1:]: ast.parse(open(name).read(), filename=name, feature_version=(3, 6))';
    const files = (await readdir(samples, { recursive: true })).filter((name) => name.endsWith('.py'));

    await run('python3', ['-c', program, ...files.map((name) => join(samples, name))]);

    expect(files.length).toBeGreaterThan(10);
  });
});

describe('the command', () => {
  test('names every variant in its help', async () => {
    const { stdout } = await makeZip(['--help']);

    const width = Math.max(...variantNames.map((name) => name.length));
    for (const [name, description] of Object.entries(variants))
      expect(stdout).toContain(`${name.padEnd(width)}  ${description}`);
  });

  test('writes the variant it was asked for', async () => {
    const out = join(await temporaryFolder(), 'payment.zip');

    const { stdout } = await makeZip(['v2', '--out', out]);

    const expected = await makeArtifact('v2');
    expect((await readFile(out)).equals(expected)).toBe(true);
    expect(stdout).toBe(`${out}: v2, ${expected.length} bytes\n`);
  });

  test.each([
    [['v9'], `error: there is no variant "v9"; the variants are ${variantNames.join(', ')}\n`],
    [['toString'], `error: there is no variant "toString"; the variants are ${variantNames.join(', ')}\n`],
    [['v1', 'v2'], 'error: name one variant at a time\n'],
    [['v1', '--version', ''], 'error: "" is no version: use letters, digits, dots, plus and minus\n'],
    [
      ['v1', '--out', '/no-such-folder/payment.zip'],
      "error: ENOENT: no such file or directory, open '/no-such-folder/payment.zip'\n",
    ],
  ])('refuses %j with one sentence and exit code 2', async (args, sentence) => {
    const failure = await makeZip(args).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `${sentence}see --help for the variants and options\n`,
    });
  });
});

function makeZip(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return run(process.execPath, [join(samples, 'make-zip.ts'), ...args], { env: { ...process.env, ...env } });
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollgate-samples-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function lines(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').filter((line) => line !== '');
}

/** Names in the order of the zip, with their content. */
function entriesOf(zip: Buffer): Promise<Map<string, string>> {
  return new Promise((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, file) => {
      if (error) return reject(error);
      const entries = new Map<string, string>();
      file.on('error', reject);
      file.on('end', () => resolve(entries));
      file.on('entry', (entry: Entry) => {
        file.openReadStream(entry, async (failed, stream) => {
          if (failed) return reject(failed);
          entries.set(entry.fileName, Buffer.concat(await stream.toArray()).toString('utf8'));
          file.readEntry();
        });
      });
      file.readEntry();
    });
  });
}
