import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArtifactStore, ArtifactVersion, Clock } from '../../clients/ports.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { openAtomicFiles, readIfThere } from '../atomic-file.ts';
import { hasCode } from '../has-code.ts';
import { etagOf, type FileLedger } from './file-ledger.ts';
import { newVersionId, type ObjectCreated, objectCreated } from './object-created.ts';
import { pathOfKey, scratchName } from './object-keys.ts';
import { createTurns } from './turns.ts';

export interface FileArtifactsOptions {
  readonly directory: string;
  /** `roboshop-builds` */
  readonly bucket: string;
  /** The artifact key of the service: `payment.zip`. */
  readonly key: string;
  readonly region: string;
  readonly ledger: FileLedger;
  readonly clock: Clock;
  /** Told of every upload, after it is on disk. */
  readonly onCreated?: (event: ObjectCreated) => void;
}

/**
 * The artifact bucket as a directory: version n of a key is `<key>/<n>-<versionId>.bin` with a `.json` beside it,
 * written last: bytes without it are an upload that was cut off, and are not a version.
 */
export async function createFileArtifacts(options: FileArtifactsOptions): Promise<ArtifactStore> {
  const { bucket, key, ledger, clock } = options;
  const directory = pathOfKey(options.directory, key);
  const files = openAtomicFiles(join(options.directory, scratchName));
  const turns = createTurns();
  await files.sweep();
  await sweepCutOff();

  async function sweepCutOff(): Promise<void> {
    const names = await namesIn(directory);
    const known = new Set(names.filter((name) => name.endsWith('.json')).map((name) => basename(name, '.json')));
    const orphans = names.filter((name) => name.endsWith('.bin') && !known.has(basename(name, '.bin')));
    for (const orphan of orphans) await files.remove(join(directory, orphan));
  }

  async function stored(): Promise<readonly { readonly number: number; readonly version: ArtifactVersion }[]> {
    const names = (await namesIn(directory)).filter((name) => name.endsWith('.json'));
    const versions = names.map(async (name) => {
      const text = await readIfThere(join(directory, name));
      return { number: Number.parseInt(name, 10), version: parseVersion(text?.toString('utf8') ?? '') };
    });
    return (await Promise.all(versions)).sort((one, other) => other.number - one.number);
  }

  async function bytesOf(versionId: string): Promise<Uint8Array> {
    const found = (await stored()).find(({ version }) => version.versionId === versionId);
    const body = found && (await readIfThere(`${stemOf(directory, found.number, versionId)}.bin`));
    if (body === undefined) {
      throw new InvalidDeploymentError(
        `s3://${bucket}/${key} has no version ${versionId}: it was deleted, or never was`,
      );
    }
    return body;
  }

  return {
    async versions() {
      return (await stored()).map(({ version }) => version);
    },
    read: bytesOf,
    async copyToLedger(versionId, ledgerKey) {
      const body = await bytesOf(versionId);
      const result = await ledger.createObject(ledgerKey, body);
      if (result.kind === 'written') return { sha256: sha256Of(body) };
      const present = await ledger.readObject(ledgerKey);
      if (present === undefined) throw new Error(`${ledgerKey} was removed while it was copied`);
      return { sha256: sha256Of(present.body) };
    },
    async readCopy(ledgerKey) {
      const copy = await ledger.readObject(ledgerKey);
      if (copy === undefined) throw new InvalidDeploymentError(`the copy ${ledgerKey} is gone from the state bucket`);
      return copy.body;
    },
    upload: (body) =>
      turns(key, async () => {
        const newest = (await stored())[0];
        const number = (newest?.number ?? 0) + 1;
        const versionId = newVersionId();
        const writtenAt = clock.now();
        const version: ArtifactVersion = {
          bucket,
          key,
          versionId,
          etag: etagOf(body),
          bytes: body.byteLength,
          uploadedAt: new Date(writtenAt).toISOString(),
        };
        const stem = stemOf(directory, number, versionId);
        await files.replace(`${stem}.bin`, body);
        await files.replace(`${stem}.json`, `${JSON.stringify(version, null, 2)}\n`);
        options.onCreated?.(objectCreated({ ...version, region: options.region, writtenAt, reason: 'PutObject' }));
        return version;
      }),
  };
}

function stemOf(directory: string, number: number, versionId: string): string {
  return join(directory, `${String(number).padStart(6, '0')}-${versionId}`);
}

function parseVersion(text: string): ArtifactVersion {
  return JSON.parse(text) as ArtifactVersion;
}

function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
