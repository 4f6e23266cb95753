import { randomBytes, randomUUID } from 'node:crypto';
import type { S3ObjectCreatedNotificationEvent } from 'aws-lambda';

/** What EventBridge delivers for a write to a bucket that has its notifications switched on. */
export type ObjectCreated = S3ObjectCreatedNotificationEvent;

/** The account that stands in every ARN of the embedded engine. */
export const localAccount = '000000000000';

export interface WrittenObject {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly bytes: number;
  /** In quotes, as S3 answers it. */
  readonly etag: string;
  readonly versionId: string;
  readonly writtenAt: number;
  readonly reason: 'PutObject' | 'CopyObject';
}

/** The event of one write; field names as S3 sends them (`etag`, `version-id`), the ETag without quotes. */
export function objectCreated(object: WrittenObject): ObjectCreated {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: localAccount,
    time: `${new Date(object.writtenAt).toISOString().slice(0, 19)}Z`,
    region: object.region,
    resources: [`arn:aws:s3:::${object.bucket}`],
    detail: {
      version: '0',
      bucket: { name: object.bucket },
      object: {
        key: object.key,
        size: object.bytes,
        etag: object.etag.replaceAll('"', ''),
        'version-id': object.versionId,
        sequencer: nextSequencer(object.writtenAt),
      },
      'request-id': randomBytes(8).toString('hex').toUpperCase(),
      requester: localAccount,
      'source-ip-address': '127.0.0.1',
      reason: object.reason,
    },
  };
}

const versionIdAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._';

/** 32 characters, dots and underscores among them, as S3 makes them. */
export function newVersionId(): string {
  return [...randomBytes(32)].map((byte) => versionIdAlphabet.charAt(byte % versionIdAlphabet.length)).join('');
}

let last = 0n;

/** Grows from write to write, also within a millisecond and over restarts: 18 hex digits, zeros in front. */
function nextSequencer(writtenAt: number): string {
  const wanted = BigInt(Math.trunc(writtenAt)) << 20n;
  last = wanted > last ? wanted : last + 1n;
  return last.toString(16).toUpperCase().padStart(18, '0');
}
