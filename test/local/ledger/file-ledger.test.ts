import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileLedger, type FileLedger } from '../../../local/ledger/file-ledger.ts';
import type { ObjectCreated } from '../../../local/ledger/object-created.ts';

const clock = { now: () => Date.UTC(2026, 10, 22, 20, 45, 0, 123), wait: async () => undefined };

let directory: string;
let events: ObjectCreated[];
let ledger: FileLedger;

const open = () =>
  createFileLedger({
    directory,
    bucket: 'rollgate-state-local',
    region: 'eu-west-1',
    clock,
    onCreated: (event) => events.push(event),
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'));
  events = [];
  ledger = await open();
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('conditional writes', () => {
  test('create writes only where nothing is there', async () => {
    const first = await ledger.create('rollgate/payment/state.json', '{"n":1}');
    const second = await ledger.create('rollgate/payment/state.json', '{"n":2}');

    expect(first).toEqual({ kind: 'written', etag: '"082c26c8a6bc75226a31da5495cc9292"' });
    expect(second).toEqual({ kind: 'conflict' });
    expect((await ledger.read('rollgate/payment/state.json'))?.body).toBe('{"n":1}');
  });

  test('replace writes only over the version that was read', async () => {
    await ledger.create('k/state.json', 'one');
    const read = await ledger.read('k/state.json');

    const won = await ledger.replace('k/state.json', 'two', read?.etag ?? '');
    const lost = await ledger.replace('k/state.json', 'three', read?.etag ?? '');

    expect(won.kind).toBe('written');
    expect(lost).toEqual({ kind: 'conflict' });
    expect(await ledger.read('k/state.json')).toEqual({ key: 'k/state.json', body: 'two', etag: etag(won) });
  });

  test('replace of nothing is a conflict, and makes nothing', async () => {
    const result = await ledger.replace('k/none.json', 'x', '"d41d8cd98f00b204e9800998ecf8427e"');

    expect(result).toEqual({ kind: 'conflict' });
    expect(await ledger.read('k/none.json')).toBeUndefined();
    expect(events).toEqual([]);
  });

  test('of many who replace the same version at once, one wins', async () => {
    const made = await ledger.create('k/state.json', 'start');

    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ledger.replace('k/state.json', `by ${index}`, etag(made))),
    );

    expect(results.map((result) => result.kind).sort()).toEqual([...Array(19).fill('conflict'), 'written']);
  });

  test('of many who create the same key at once, one wins, also from two ledgers on one directory', async () => {
    const other = await open();

    const results = await Promise.all([ledger, other, ledger, other].map((one) => one.create('k/once.json', 'x')));

    expect(results.filter((result) => result.kind === 'written')).toHaveLength(1);
  });

  test('a removed key can be created again, and reads as nothing in between', async () => {
    await ledger.put('k/token.json', 'a');
    await ledger.remove('k/token.json');
    await ledger.remove('k/token.json');

    expect(await ledger.read('k/token.json')).toBeUndefined();
    expect((await ledger.create('k/token.json', 'b')).kind).toBe('written');
  });

  test('what was written over since it was read is not removed with its ETag', async () => {
    const made = await ledger.create('k/token.json', 'a');
    await ledger.put('k/token.json', 'b');

    await ledger.remove('k/token.json', etag(made));
    expect((await ledger.read('k/token.json'))?.body).toBe('b');

    await ledger.remove('k/token.json', (await ledger.read('k/token.json'))?.etag);
    await ledger.remove('k/token.json', etag(made));
    expect(await ledger.read('k/token.json')).toBeUndefined();
  });

  test('put writes whatever is there', async () => {
    await ledger.put('k/token.json', 'a');
    await ledger.put('k/token.json', 'b');

    expect((await ledger.read('k/token.json'))?.body).toBe('b');
  });
});

describe('listing', () => {
  test('gives every key below a prefix, which need not end at a segment, in UTF-8 order', async () => {
    const keys = ['r/a/1.json', 'r/a-b/2.json', 'r/b.json', 'r/\u{1F600}.json', 'r/\uFFFD.json', 's/x.json'];
    for (const key of keys) await ledger.put(key, '{}');

    expect(await ledger.list('r/')).toEqual([
      'r/a-b/2.json',
      'r/a/1.json',
      'r/b.json',
      'r/\uFFFD.json',
      'r/\u{1F600}.json',
    ]);
    expect(await ledger.list('r/a')).toEqual(['r/a-b/2.json', 'r/a/1.json']);
    expect(await ledger.list('')).toHaveLength(6);
    expect(await ledger.list('none/')).toEqual([]);
  });
});

describe('keys', () => {
  test.each([
    '../x',
    'a/../../x',
    'a//b',
    '/a',
    'a/',
    './a',
    'a/.',
    '',
    '.scratch/x',
    'a\0b',
    'a\nb',
    'a\\b',
    'k'.repeat(256),
  ])('refuses %j before anything is written', async (key) => {
    await expect(ledger.put(key, 'x')).rejects.toThrow(RangeError);
    await expect(ledger.read(key)).rejects.toThrow(RangeError);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('crash safety', () => {
  test('what a killed process left half written is gone at the next start and was never a key', async () => {
    await ledger.put('k/a.json', 'whole');
    await mkdir(join(directory, '.scratch'), { recursive: true });
    await writeFile(join(directory, '.scratch', 'a.json.123'), 'ha');

    const again = await open();

    expect(await again.list('')).toEqual(['k/a.json']);
    expect(await readdir(directory)).toEqual(['k']);
  });
});

describe('events', () => {
  test('every write emits an Object Created event as S3 sends it', async () => {
    await ledger.put('rollgate/payment/control/halt/d-1.json', '{"by":"ann"}');

    expect(events).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: '000000000000',
        time: '2026-11-22T20:45:00Z',
        region: 'eu-west-1',
        resources: ['arn:aws:s3:::rollgate-state-local'],
        detail: {
          version: '0',
          bucket: { name: 'rollgate-state-local' },
          object: {
            key: 'rollgate/payment/control/halt/d-1.json',
            size: 12,
            etag: expect.stringMatching(/^[0-9a-f]{32}$/),
            'version-id': expect.stringMatching(/^[A-Za-z0-9._]{32}$/),
            sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
          },
          'request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
          requester: '000000000000',
          'source-ip-address': '127.0.0.1',
          reason: 'PutObject',
        },
      },
    ]);
  });

  test('sequencers grow from write to write, also within one millisecond', async () => {
    for (const body of ['1', '2', '3']) await ledger.put('k/a.json', body);

    const sequencers = events.map((event) => event.detail.object.sequencer);
    expect([...sequencers].sort()).toEqual(sequencers);
    expect(new Set(sequencers).size).toBe(3);
  });
});

test('bytes written as an object come back as they were', async () => {
  const body = Uint8Array.from([0, 255, 10, 13, 128]);

  await ledger.createObject('r/1.zip', body);

  expect(Buffer.from((await ledger.readObject('r/1.zip'))?.body ?? [])).toEqual(Buffer.from(body));
  expect(await ledger.readObject('r/2.zip')).toBeUndefined();
});

function etag(result: { readonly kind: string; readonly etag?: string }): string {
  return result.etag ?? '';
}
