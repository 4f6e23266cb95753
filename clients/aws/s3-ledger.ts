import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Clock, Ledger, WriteResult } from '../ports.ts';
import { attemptsOf, isAbsent, isPreconditionFailed, nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';

export interface S3LedgerOptions {
  readonly s3: S3Client;
  readonly call: Call;
  readonly clock: Clock;
  readonly bucket: string;
}

type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

/** Names the write, so that a writer whose answer was lost knows its own object again. */
const writeIdField = 'rollgate-write';

/** S3 answers 409 where another conditional write on the key is under way; a moment later it has an answer. */
const maxRaces = 3;
const raceMilliseconds = 100;

/**
 * The ledger in the state bucket. The role needs s3:ListBucket as well: without it S3 answers 403 for an object that is
 * not there, and a target that was never deployed to could not be told from one that may not be read. A write with
 * If-Match needs s3:GetObject besides s3:PutObject.
 */
export function createS3Ledger({ s3, call, clock, bucket }: S3LedgerOptions): Ledger {
  const urlOf = (key: string): string => `s3://${bucket}/${key}`;

  async function write(key: string, body: string, condition: Condition | Record<never, never>, writeId: string) {
    const input = {
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: 'application/json',
      Metadata: { [writeIdField]: writeId },
    };
    const written = await call('s3:PutObject', urlOf(key), (options) =>
      s3.send(new PutObjectCommand({ ...input, ...condition }), options),
    );
    return written.ETag ?? '';
  }

  async function writeIf(key: string, body: string, condition: Condition): Promise<WriteResult> {
    const writeId = randomUUID();
    for (let race = 1; ; race++) {
      try {
        return { kind: 'written', etag: await write(key, body, condition, writeId) };
      } catch (error) {
        if (isRace(error) && race < maxRaces) {
          await clock.wait(Math.random() * raceMilliseconds * race);
        } else if (!isRace(error) && !isRefused(error)) {
          throw error;
        } else {
          // An earlier try of the SDK may have written it, and its answer was lost: then what is there is ours.
          const isFirstTry = race === 1 && attemptsOf(error) === 1;
          return (isFirstTry ? undefined : await findOwn(key, writeId)) ?? { kind: 'conflict' };
        }
      }
    }
  }

  async function findOwn(key: string, writeId: string): Promise<WriteResult | undefined> {
    try {
      const found = await call('s3:GetObject', urlOf(key), (options) =>
        s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options),
      );
      return found.Metadata?.[writeIdField] === writeId ? { kind: 'written', etag: found.ETag ?? '' } : undefined;
    } catch (error) {
      if (isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  }

  return {
    async read(key) {
      try {
        return await call('s3:GetObject', urlOf(key), async (options) => {
          const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
          return { key, body: (await found.Body?.transformToString('utf-8')) ?? '', etag: found.ETag ?? '' };
        });
      } catch (error) {
        if (isAbsent(error)) {
          return undefined;
        }
        throw error;
      }
    },
    create: (key, body) => writeIf(key, body, { IfNoneMatch: '*' }),
    replace: (key, body, etag) => writeIf(key, body, { IfMatch: etag }),
    async put(key, body) {
      await write(key, body, {}, randomUUID());
    },
    async remove(key, etag) {
      try {
        const condition = etag === undefined ? {} : { IfMatch: etag };
        await call('s3:DeleteObject', urlOf(key), (options) =>
          s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, ...condition }), options),
        );
      } catch (error) {
        // Another version is there, or none any more, or somebody is just writing one: it is not ours to remove.
        if (!isRefused(error) && !isRace(error)) {
          throw error;
        }
      }
    },
    async list(prefix) {
      const keys: string[] = [];
      let from: string | undefined;
      do {
        const page = await call('s3:ListBucket', urlOf(prefix), (options) => {
          const token = from === undefined ? {} : { ContinuationToken: from };
          return s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...token }), options);
        });
        keys.push(...(page.Contents ?? []).flatMap((object) => (object.Key === undefined ? [] : [object.Key])));
        from = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (from !== undefined);
      return keys;
    },
  };
}

/** The condition does not hold: 412, or 404 for an If-Match on nothing. */
function isRefused(error: unknown): boolean {
  return isPreconditionFailed(error) || isAbsent(error);
}

function isRace(error: unknown): boolean {
  return nameOf(error) === 'ConditionalRequestConflict' || nameOf(error) === 'OperationAborted';
}
