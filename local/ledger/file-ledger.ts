import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Ledger, WriteResult } from '../../clients/ports.ts';
import { openAtomicFiles, readIfThere } from '../atomic-file.ts';
import { hasCode } from '../has-code.ts';
import { newVersionId, type ObjectCreated, objectCreated } from './object-created.ts';
import { byUtf8, pathOfKey, scratchName } from './object-keys.ts';
import { createTurns } from './turns.ts';

export interface FileLedgerOptions {
  /** Every key is a path below it. */
  readonly directory: string;
  /** `rollgate-state-local` */
  readonly bucket: string;
  readonly region: string;
  readonly clock: Clock;
  /** Told of every write, after it is on disk. */
  readonly onCreated?: (event: ObjectCreated) => void;
}

/** An object as its bytes, for hosts that download it. */
interface StoredObject {
  readonly body: Uint8Array;
  /** In quotes, as S3 answers it. */
  readonly etag: string;
  readonly modifiedAt: number;
}

export interface FileLedger extends Ledger {
  readObject(key: string): Promise<StoredObject | undefined>;
  /** Writes bytes only where nothing is there, as CopyObject with If-None-Match does. */
  createObject(key: string, body: Uint8Array): Promise<WriteResult>;
}

/**
 * The state bucket as a directory. Conditional writes behave as on S3: the ETag is a hash of the body, `create` is
 * If-None-Match, `replace` is If-Match and a conflict where nothing is there; writes of one key take turns.
 */
export async function createFileLedger(options: FileLedgerOptions): Promise<FileLedger> {
  const { directory, clock } = options;
  const files = openAtomicFiles(join(directory, scratchName));
  const turns = createTurns();
  await files.sweep();

  function written(key: string, body: Uint8Array | string, reason: 'PutObject' | 'CopyObject'): WriteResult {
    const etag = etagOf(body);
    options.onCreated?.(
      objectCreated({
        bucket: options.bucket,
        region: options.region,
        key,
        bytes: Buffer.byteLength(body),
        etag,
        versionId: newVersionId(),
        writtenAt: clock.now(),
        reason,
      }),
    );
    return { kind: 'written', etag };
  }

  function createWith(
    key: string,
    body: Uint8Array | string,
    reason: 'PutObject' | 'CopyObject',
  ): Promise<WriteResult> {
    return turns(key, async () => {
      const isNew = await files.create(pathOfKey(directory, key), body);
      return isNew ? written(key, body, reason) : { kind: 'conflict' };
    });
  }

  return {
    async read(key) {
      const body = await readIfThere(pathOfKey(directory, key));
      return body === undefined ? undefined : { key, body: body.toString('utf8'), etag: etagOf(body) };
    },
    create: (key, body) => createWith(key, body, 'PutObject'),
    createObject: (key, body) => createWith(key, body, 'CopyObject'),
    replace: (key, body, etag) =>
      turns(key, async () => {
        const path = pathOfKey(directory, key);
        const current = await readIfThere(path);
        if (current === undefined || etagOf(current) !== etag) return { kind: 'conflict' };
        await files.replace(path, body);
        return written(key, body, 'PutObject');
      }),
    put: (key, body) =>
      turns(key, async () => {
        await files.replace(pathOfKey(directory, key), body);
        written(key, body, 'PutObject');
      }),
    remove: (key, etag) =>
      turns(key, async () => {
        const path = pathOfKey(directory, key);
        const current = etag === undefined ? undefined : await readIfThere(path);
        if (current === undefined || etagOf(current) === etag) await files.remove(path);
      }),
    list: (prefix) => listKeys(directory, prefix),
    async readObject(key) {
      const path = pathOfKey(directory, key);
      const body = await readIfThere(path);
      if (body === undefined) return undefined;
      return { body, etag: etagOf(body), modifiedAt: (await stat(path)).mtimeMs };
    },
  };
}

/** The MD5 of the body in quotes: what S3 answers for a plain PutObject. */
export function etagOf(body: Uint8Array | string): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

/** A prefix is any text: only whole segments of it name a directory. */
async function listKeys(directory: string, prefix: string): Promise<readonly string[]> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const root = start === '' ? directory : pathOfKey(directory, start.slice(0, -1));
  const keys: string[] = [];
  const pending = [{ path: root, key: start }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of await entriesOf(next.path)) {
      const key = `${next.key}${entry.name}`;
      if (key === scratchName) continue;
      if (entry.isDirectory()) pending.push({ path: join(next.path, entry.name), key: `${key}/` });
      else if (key.startsWith(prefix)) keys.push(key);
    }
  }
  return keys.sort(byUtf8);
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return [];
    throw error;
  }
}
