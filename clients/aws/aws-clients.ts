import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { isSurelyUndone } from './aws-errors.ts';

/** The SDK's clients. Bare ones with commands: the aggregated ones would put every operation into the bundles. */
export interface AwsClients {
  readonly s3: S3Client;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  /** For SendCommand alone: a request whose answer was lost is not sent again. */
  readonly ssmOnce: SSMClient;
  readonly sfn: SFNClient;
  readonly cloudWatch: CloudWatchClient;
}

export interface AwsClientsOptions {
  readonly region: string;
  /** Of an emulator; of AWS where absent. */
  readonly endpoint?: string;
  /** Milliseconds without a byte after which an answer counts as lost. */
  readonly silenceMilliseconds?: number;
}

/** Tries of one request, the first one included: some seconds; beyond that the state machine retries the whole step. */
const maxAttempts = 4;

/** Milliseconds to a connection. */
const connectionTimeout = 3000;

/** S3 may take its time to begin the answer to a large copy. */
const silenceMilliseconds = { s3: 20_000, others: 10_000 };

/** A rollout goes on without its alarms where CloudWatch gives no answer: it must not wait long to find that out. */
const alarmAttempts = 2;
const alarmMilliseconds = { connection: 1500, silence: 3000 };

/** Makes no request: credentials are looked up at the first one. */
export function createAwsClients(options: AwsClientsOptions): AwsClients {
  const config = {
    region: options.region,
    maxAttempts,
    // Exponential backoff with full jitter, and a budget for retries that a failing service can not outrun.
    retryMode: 'standard',
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
  };
  const socketTimeout = options.silenceMilliseconds ?? silenceMilliseconds.others;
  const requestHandler = { connectionTimeout, socketTimeout };
  const ssm = new SSMClient({ ...config, requestHandler });
  return {
    s3: new S3Client({
      ...config,
      requestHandler: { connectionTimeout, socketTimeout: options.silenceMilliseconds ?? silenceMilliseconds.s3 },
      // The name of an emulator's host has no subdomain for each bucket.
      ...(options.endpoint === undefined ? {} : { forcePathStyle: true }),
    }),
    ec2: new EC2Client({ ...config, requestHandler }),
    ssm,
    ssmOnce: new SSMClient({
      ...config,
      retryStrategy: unlessDone(ssm.config.retryStrategy),
      // A new connection each time: one that slept through a frozen Lambda may be dead, which looks like a lost answer.
      requestHandler: { ...requestHandler, httpsAgent: { keepAlive: false }, httpAgent: { keepAlive: false } },
    }),
    sfn: new SFNClient({ ...config, requestHandler }),
    cloudWatch: new CloudWatchClient({
      ...config,
      maxAttempts: alarmAttempts,
      requestHandler: {
        connectionTimeout: alarmMilliseconds.connection,
        socketTimeout: options.silenceMilliseconds ?? alarmMilliseconds.silence,
      },
    }),
  };
}

type AnyStrategy = Awaited<ReturnType<SSMClient['config']['retryStrategy']>>;
type Strategy = Extract<AnyStrategy, { readonly refreshRetryTokenForRetry: unknown }>;

/**
 * The SDK's own strategy, except that a request which may have had its effect is not sent again: SendCommand knows no
 * idempotency token, so a second one runs the command twice.
 */
function unlessDone(standard: () => Promise<AnyStrategy>): Strategy {
  const strategy = standard() as Promise<Strategy>;
  return {
    acquireInitialRetryToken: async (scope) => (await strategy).acquireInitialRetryToken(scope),
    refreshRetryTokenForRetry: async (token, info) => {
      if (!isSurelyUndone(info.error)) {
        throw new Error('the request may have had its effect');
      }
      return (await strategy).refreshRetryTokenForRetry(token, info);
    },
    recordSuccess: (token) => {
      void strategy.then((known) => known.recordSuccess(token));
    },
  };
}
