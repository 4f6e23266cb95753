import { request as httpRequest } from 'node:http';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AccessEntry, EndpointHost } from '../../../local/host-endpoints/endpoint.ts';
import { createHostEndpoints, type HostEndpoints } from '../../../local/host-endpoints/host-endpoints.ts';
import type { ParameterRefusal } from '../../../local/host-endpoints/parameter-endpoint.ts';
import { createParameterStore } from '../../../local/host-endpoints/parameter-store.ts';

export const bucket = 'rollgate-state-local';
export const zipKey = 'rollgate/payment/releases/1 & ü.zip';
export const zip = Buffer.from('the zip');
export const secret = 'correct horse battery';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface CallOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface GivenEndpoints {
  /** Who asks from 127.0.0.1. */
  host: EndpointHost | undefined;
  /** Milliseconds that the engine's clock is ahead. */
  offset: number;
  /** How every read of a parameter is refused. */
  refusal: ParameterRefusal | null;
  readonly accesses: readonly AccessEntry[];
  readonly endpoints: HostEndpoints;
  readonly url: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
  token(seconds?: string): Promise<string>;
  metadata(path: string): Promise<Answer>;
  roleCredentials(): Promise<Credentials>;
  s3(credentials: Credentials, more?: Record<string, unknown>): S3Client;
  ssm(credentials: Credentials, more?: Record<string, unknown>): SSMClient;
  close(): Promise<void>;
}

/** The endpoints of one payment host on this machine, open. */
export async function givenEndpoints(): Promise<GivenEndpoints> {
  const accesses: AccessEntry[] = [];
  const clients: { destroy(): void }[] = [];
  const state: Pick<GivenEndpoints, 'host' | 'offset' | 'refusal'> = {
    host: { instanceId: 'i-0a1', zone: 'eu-west-1a', privateAddress: '127.0.0.1', role: 'rollgate-payment-host' },
    offset: 0,
    refusal: null,
  };
  const clock = { now: () => Date.now() + state.offset };
  const parameters = createParameterStore(undefined, clock.now);
  parameters.put('/payment/local/AMQP_PASS', 'first');
  parameters.put('/payment/local/AMQP_PASS', secret);
  parameters.put('/other/local/TOKEN', 'not yours');
  const endpoints = createHostEndpoints({
    listen: [{ address: '127.0.0.1', port: 0 }],
    hostOf: (address) => (address === '127.0.0.1' ? state.host : undefined),
    service: 'payment',
    region: 'eu-west-1',
    stateBucket: bucket,
    readObject: async (key) => (key === zipKey ? zip : undefined),
    parameters,
    parameterRefusal: () => state.refusal,
    parameterPrefix: '/payment/local/',
    clock,
    onAccess: (entry) => void accesses.push(entry),
  });
  const url = (await endpoints.open())[0]?.url ?? '';

  function call(path: string, options: CallOptions = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = httpRequest(
        `${url}${path}`,
        { method: options.method ?? 'GET', headers: options.headers },
        (incoming) => {
          let body = '';
          incoming.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }));
        },
      );
      outgoing.on('error', reject).end(options.body);
    });
  }

  async function token(seconds = '300'): Promise<string> {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': seconds };
    return (await call('/latest/api/token', { method: 'PUT', headers })).body;
  }

  async function metadata(path: string): Promise<Answer> {
    return call(`/latest/${path}`, { headers: { 'X-aws-ec2-metadata-token': await token() } });
  }

  async function roleCredentials(): Promise<Credentials> {
    const { body } = await metadata('meta-data/iam/security-credentials/rollgate-payment-host');
    const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(body);
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  }

  function s3(credentials: Credentials, more: Record<string, unknown> = {}): S3Client {
    const client = new S3Client({
      region: 'eu-west-1',
      endpoint: url,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials,
      ...more,
    });
    clients.push(client);
    return client;
  }

  function ssm(credentials: Credentials, more: Record<string, unknown> = {}): SSMClient {
    const client = new SSMClient({ region: 'eu-west-1', endpoint: url, maxAttempts: 1, credentials, ...more });
    clients.push(client);
    return client;
  }

  return Object.assign(state, {
    accesses,
    endpoints,
    url,
    call,
    token,
    metadata,
    roleCredentials,
    s3,
    ssm,
    async close() {
      for (const client of clients) client.destroy();
      await endpoints.close();
    },
  });
}

export const getZip = (key = zipKey, name = bucket) => new GetObjectCommand({ Bucket: name, Key: key });
export const getPass = (selector = '') =>
  new GetParameterCommand({ Name: `/payment/local/AMQP_PASS${selector}`, WithDecryption: true });

/** Name and HTTP status of what an AWS client throws. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { name: string; $metadata?: { httpStatusCode?: number } },
  );
  return error === undefined ? 'answered' : `${error.name} ${error.$metadata?.httpStatusCode}`;
}
