import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { ArtifactStore, ArtifactVersion } from '../ports.ts';
import { isAbsent, isPreconditionFailed, nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';

export interface S3ArtifactsOptions {
  readonly s3: S3Client;
  readonly call: Call;
  readonly bucket: string;
  readonly key: string;
  readonly stateBucket: string;
}

/** What names one version in a request: its id, or the ETag of one that has none. */
interface VersionName {
  readonly versionId?: string;
  readonly etag?: string;
}

/** Where a page of versions begins. */
interface VersionMarkers {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

/** What a bucket with versions calls one that was written while it had none. */
const withoutId = 'null';

/**
 * The artifact's key in the artifact bucket. Reads name the version, for which S3 asks s3:GetObjectVersion, and where the
 * bucket has none the ETag, for which it asks s3:GetObject; without s3:ListBucket a version that is gone reads as denied.
 */
export function createS3Artifacts(options: S3ArtifactsOptions): ArtifactStore {
  const { s3, call, bucket, key, stateBucket } = options;
  const url = `s3://${bucket}/${key}`;

  /**
   * Uses the version of this identity: an id, else the ETag of the one that has no id, which is the object itself or, in
   * a bucket that got versions later, one of them. Throws InvalidDeploymentError where there is none.
   */
  async function withVersion<T>(identity: string, use: (name: VersionName) => Promise<T>): Promise<T> {
    const etag = `"${identity}"`;
    const names: readonly VersionName[] = [{ versionId: identity }, { etag }, { versionId: withoutId, etag }];
    let cause: unknown;
    for (const name of names) {
      try {
        return await use(name);
      } catch (error) {
        if (!isUnknownVersion(error)) {
          throw error;
        }
        cause = error;
      }
    }
    throw new InvalidDeploymentError(`${url} has no version ${identity}: it was deleted, or never was`, { cause });
  }

  async function readVersion({ versionId, etag }: VersionName): Promise<Uint8Array> {
    const input = {
      Bucket: bucket,
      Key: key,
      ...(versionId === undefined ? {} : { VersionId: versionId }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    };
    return call(readAction(versionId), url, async (sending) => {
      const { Body } = await s3.send(new GetObjectCommand(input), sending);
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    });
  }

  async function copyVersion({ versionId, etag }: VersionName, to: string): Promise<{ readonly sha256: string }> {
    const source = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
    const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
    const input = {
      Bucket: stateBucket,
      Key: to,
      CopySource: source + version,
      ...(etag === undefined ? {} : { CopySourceIfMatch: etag }),
      // The uploader's tags and headers stay behind: tags would need permissions of their own.
      ...({ MetadataDirective: 'REPLACE', TaggingDirective: 'REPLACE', ContentType: 'application/zip' } as const),
      ...({ ChecksumAlgorithm: 'SHA256', IfNoneMatch: '*' } as const),
    };
    try {
      const copied = await call('s3:PutObject', `s3://${stateBucket}/${to} (a copy of ${url})`, (sending) =>
        s3.send(new CopyObjectCommand(input), sending),
      );
      const { ChecksumSHA256, ChecksumType } = copied.CopyObjectResult ?? {};
      return { sha256: hashOfBytes(ChecksumSHA256, ChecksumType) ?? (await hashCopy(to)) };
    } catch (error) {
      // 412 says: a copy is there already. With a condition on the source it may also be that which does not hold.
      const known = isPreconditionFailed(error) ? await hashOfCopy(to) : undefined;
      if (known === undefined) {
        throw error;
      }
      return { sha256: known };
    }
  }

  /** SHA-256 of a copy that was there before; undefined where there is none. */
  async function hashOfCopy(at: string): Promise<string | undefined> {
    try {
      const found = await call('s3:GetObject', `s3://${stateBucket}/${at}`, (sending) =>
        s3.send(new HeadObjectCommand({ Bucket: stateBucket, Key: at, ChecksumMode: 'ENABLED' }), sending),
      );
      return hashOfBytes(found.ChecksumSHA256, found.ChecksumType) ?? (await hashCopy(at));
    } catch (error) {
      if (isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Where S3 keeps no SHA-256 of the whole object, its bytes are read. */
  async function hashCopy(at: string): Promise<string> {
    return createHash('sha256')
      .update(await bytesOfCopy(at))
      .digest('hex');
  }

  function bytesOfCopy(at: string): Promise<Uint8Array> {
    return call('s3:GetObject', `s3://${stateBucket}/${at}`, async (sending) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: stateBucket, Key: at }), sending);
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    });
  }

  return {
    async versions() {
      const versions: ArtifactVersion[] = [];
      let markers: VersionMarkers | undefined = {};
      while (markers !== undefined) {
        const from: VersionMarkers = markers;
        const page: ListObjectVersionsCommandOutput = await call('s3:ListBucketVersions', url, (sending) =>
          s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...from }), sending),
        );
        versions.push(...(page.Versions ?? []).flatMap((version) => toVersion(bucket, key, version)));
        // Keys come in order, and the key itself is the first of all that begin with it.
        markers =
          page.IsTruncated === true && page.NextKeyMarker === key
            ? { KeyMarker: key, ...(page.NextVersionIdMarker ? { VersionIdMarker: page.NextVersionIdMarker } : {}) }
            : undefined;
      }
      return versions;
    },
    read: (versionId) => withVersion(versionId, readVersion),
    async copyToLedger(versionId, to) {
      try {
        return await withVersion(versionId, (name) => copyVersion(name, to));
      } catch (error) {
        // The upload may have expired since it was copied.
        const known = nameOf(error) === 'InvalidDeploymentError' ? await hashOfCopy(to) : undefined;
        if (known === undefined) {
          throw error;
        }
        return { sha256: known };
      }
    },
    async readCopy(at) {
      try {
        return await bytesOfCopy(at);
      } catch (error) {
        if (isAbsent(error)) {
          throw new InvalidDeploymentError(`the copy s3://${stateBucket}/${at} is gone`, { cause: error });
        }
        throw error;
      }
    },
    async upload(body) {
      const written = await call('s3:PutObject', url, (sending) =>
        s3.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/zip' }),
          sending,
        ),
      );
      const etag = written.ETag ?? '';
      const version = written.VersionId === undefined ? {} : { VersionId: written.VersionId };
      const found = await call(readAction(written.VersionId), url, (sending) =>
        s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...version }), sending),
      );
      return {
        bucket,
        key,
        versionId: identityOf(written.VersionId, etag),
        etag,
        bytes: body.byteLength,
        uploadedAt: (found.LastModified ?? new Date()).toISOString(),
      };
    },
  };
}

function toVersion(bucket: string, key: string, version: ObjectVersion): readonly ArtifactVersion[] {
  const { Key, VersionId, ETag, Size, LastModified } = version;
  if (Key !== key || ETag === undefined || LastModified === undefined) {
    return [];
  }
  const versionId = identityOf(VersionId, ETag);
  return [{ bucket, key, versionId, etag: ETag, bytes: Size ?? 0, uploadedAt: LastModified.toISOString() }];
}

/** The id; of the version without one its ETag, as events name it: without quotes. */
function identityOf(versionId: string | undefined, etag: string): string {
  return versionId === undefined || versionId === withoutId ? etag.replaceAll('"', '') : versionId;
}

/**
 * SHA-256 of the bytes in hex. S3 gives the checksum in base64; that of a multipart upload is one of its parts' checksums
 * (`COMPOSITE`, with the number of parts behind a hyphen) and says nothing of the bytes.
 */
function hashOfBytes(checksum: string | undefined, type: string | undefined): string | undefined {
  if (checksum === undefined || type === 'COMPOSITE' || checksum.includes('-')) {
    return undefined;
  }
  return Buffer.from(checksum, 'base64').toString('hex');
}

/**
 * No such version: 404; 400 for what can't be an id (`InvalidArgument`); 405 for a delete marker; 412 where the version
 * without an id is another one by now.
 */
function isUnknownVersion(error: unknown): boolean {
  return (
    isPreconditionFailed(error) ||
    ['NoSuchVersion', 'NoSuchKey', 'InvalidArgument', 'MethodNotAllowed'].includes(nameOf(error))
  );
}

/** What IAM asks for a read: another action where the version is named. */
function readAction(versionId: string | undefined): 's3:GetObject' | 's3:GetObjectVersion' {
  return versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
}
