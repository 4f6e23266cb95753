import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ArtifactStore } from '../../../clients/ports.ts';
import { createFileArtifacts } from '../../../local/ledger/file-artifacts.ts';
import { createFileLedger, type FileLedger } from '../../../local/ledger/file-ledger.ts';
import type { ObjectCreated } from '../../../local/ledger/object-created.ts';

const clock = { now: () => Date.UTC(2026, 10, 22, 20, 45), wait: async () => undefined };
const bytes = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let directory: string;
let ledger: FileLedger;
let uploads: ObjectCreated[];
let artifacts: ArtifactStore;

const open = () =>
  createFileArtifacts({
    directory: join(directory, 'uploads'),
    bucket: 'roboshop-builds',
    key: 'payment.zip',
    region: 'eu-west-1',
    ledger,
    clock,
    onCreated: (event) => uploads.push(event),
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
  uploads = [];
  ledger = await createFileLedger({
    directory: join(directory, 'ledger'),
    bucket: 'rollgate-state-local',
    region: 'eu-west-1',
    clock,
  });
  artifacts = await open();
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test('versions come newest first, by the order of upload and not by the clock, also after a restart', async () => {
  const made = [];
  for (const text of ['one', 'two', 'three']) made.push(await artifacts.upload(bytes(text)));

  const again = await open();

  expect(await artifacts.versions()).toEqual(made.toReversed());
  expect(await again.versions()).toEqual(made.toReversed());
  expect(new Set(made.map((version) => version.versionId)).size).toBe(3);
});

test('equal bytes uploaded twice are two versions', async () => {
  await Promise.all([artifacts.upload(bytes('same')), artifacts.upload(bytes('same'))]);

  expect((await artifacts.versions()).map((version) => version.bytes)).toEqual([4, 4]);
});

test('an upload says what it is and emits the event as S3 sends it', async () => {
  const version = await artifacts.upload(bytes('zip'));

  expect(version).toEqual({
    bucket: 'roboshop-builds',
    key: 'payment.zip',
    versionId: expect.stringMatching(/^[A-Za-z0-9._]{32}$/),
    etag: `"${createHash('md5').update('zip').digest('hex')}"`,
    bytes: 3,
    uploadedAt: '2026-11-22T20:45:00.000Z',
  });
  expect(
    uploads.map((event) => [event.source, event['detail-type'], event.detail.bucket, event.detail.object]),
  ).toEqual([
    [
      'aws.s3',
      'Object Created',
      { name: 'roboshop-builds' },
      {
        key: 'payment.zip',
        size: 3,
        etag: createHash('md5').update('zip').digest('hex'),
        'version-id': version.versionId,
        sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
      },
    ],
  ]);
});

test('the bytes of each version stay what they were', async () => {
  const one = await artifacts.upload(bytes('one'));
  await artifacts.upload(bytes('two'));

  expect(Buffer.from(await artifacts.read(one.versionId)).toString()).toBe('one');
});

test('a version that is not there is an invalid deployment with a sentence', async () => {
  await expect(artifacts.read('gone')).rejects.toMatchObject({
    name: 'InvalidDeploymentError',
    message: 's3://roboshop-builds/payment.zip has no version gone: it was deleted, or never was',
  });
});

test('the copy in the ledger is the same bytes, and a copy that is there already stays', async () => {
  const one = await artifacts.upload(bytes('one'));
  const two = await artifacts.upload(bytes('two'));

  expect(await artifacts.copyToLedger(one.versionId, 'r/releases/1.zip')).toEqual({ sha256: sha256('one') });
  expect(await artifacts.copyToLedger(one.versionId, 'r/releases/1.zip')).toEqual({ sha256: sha256('one') });
  expect(await artifacts.copyToLedger(two.versionId, 'r/releases/1.zip')).toEqual({ sha256: sha256('one') });
  expect(Buffer.from((await ledger.readObject('r/releases/1.zip'))?.body ?? []).toString()).toBe('one');
});

test('bytes of an upload that was cut off are no version and are swept', async () => {
  await artifacts.upload(bytes('one'));
  const folder = join(directory, 'uploads', 'payment.zip');
  await writeFile(join(folder, '000002-cutoff.bin'), 'tw');

  const again = await open();

  expect(await again.versions()).toHaveLength(1);
  expect((await readdir(folder)).filter((name) => name.startsWith('000002'))).toEqual([]);
});
