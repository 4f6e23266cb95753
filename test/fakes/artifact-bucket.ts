import { createHash } from 'node:crypto';
import type { ArtifactStore, ArtifactVersion, Clock } from '../../clients/ports.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { StateBucket } from './state-bucket.ts';

export interface Uploaded {
  readonly version: ArtifactVersion;
  readonly body: Uint8Array;
}

export interface ArtifactBucket extends ArtifactStore {
  /** The bytes of all that was uploaded, oldest first. */
  readonly uploads: readonly Uint8Array[];
  /** All that lies in it, the newest version first. */
  contents(): readonly Uploaded[];
  /** A version is deleted for good. */
  givenDeleted(versionId: string): void;
}

/** The artifact bucket in memory, versioned: the newest version first; `past` lies in it from the beginning. */
export function createArtifactBucket(
  ledger: StateBucket,
  clock: Pick<Clock, 'now'>,
  onUploaded: (version: ArtifactVersion) => void,
  past: readonly Uploaded[] = [],
): ArtifactBucket {
  const uploads: Uint8Array[] = past.map(({ body }) => body).reverse();
  const versions: Uploaded[] = [...past];

  function bytesOf(versionId: string): Uint8Array {
    const found = versions.find((each) => each.version.versionId === versionId);
    if (found === undefined) throw new InvalidDeploymentError(`payment.zip has no version ${versionId}`);
    return found.body;
  }

  return {
    uploads,
    versions: async () => versions.map((each) => each.version),
    read: async (versionId) => bytesOf(versionId),
    async copyToLedger(versionId, key) {
      ledger.createBytes(key, bytesOf(versionId));
      return {
        sha256: createHash('sha256')
          .update(ledger.bytes(key) ?? '')
          .digest('hex'),
      };
    },
    async readCopy(key) {
      const copy = ledger.bytes(key);
      if (copy === undefined) throw new InvalidDeploymentError(`the copy ${key} is gone from the state bucket`);
      return copy;
    },
    async upload(body) {
      const version: ArtifactVersion = {
        bucket: 'roboshop-builds',
        key: 'payment.zip',
        versionId: `upload.${uploads.length + 1}`,
        etag: `"${createHash('md5').update(body).digest('hex')}"`,
        bytes: body.byteLength,
        uploadedAt: new Date(clock.now()).toISOString(),
      };
      uploads.push(body);
      versions.unshift({ version, body });
      onUploaded(version);
      return version;
    },
    contents: () => [...versions],
    givenDeleted(versionId) {
      versions.splice(
        versions.findIndex((each) => each.version.versionId === versionId),
        1,
      );
    },
  };
}
