import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccessEntry, EndpointHost } from '../../../local/host-endpoints/endpoint.ts';
import { createHostEndpoints, type HostEndpoints } from '../../../local/host-endpoints/host-endpoints.ts';
import { createParameterStore, type ParameterStore } from '../../../local/host-endpoints/parameter-store.ts';

const bucket = 'rollgate-state-local';
const zipKey = 'rollgate/payment/releases/1 & ü.zip';
const zip = Buffer.from('the zip');
const secret = 'correct horse battery';

let host: EndpointHost | undefined;
let offset: number;
let accesses: AccessEntry[];
let parameters: ParameterStore;
let endpoints: HostEndpoints;
let url: string;
const clients: { destroy(): void }[] = [];

beforeEach(async () => {
  host = { instanceId: 'i-0a1', zone: 'eu-west-1a', privateAddress: '127.0.0.1', role: 'rollgate-payment-host' };
  offset = 0;
  accesses = [];
  const clock = { now: () => Date.now() + offset };
  parameters = createParameterStore(undefined, clock.now);
  parameters.put('/payment/local/AMQP_PASS', 'first');
  parameters.put('/payment/local/AMQP_PASS', secret);
  parameters.put('/other/local/TOKEN', 'not yours');
  endpoints = createHostEndpoints({
    listen: [{ address: '127.0.0.1', port: 0 }],
    hostOf: (address) => (address === '127.0.0.1' ? host : undefined),
    service: 'payment',
    region: 'eu-west-1',
    stateBucket: bucket,
    readObject: async (key) => (key === zipKey ? zip : undefined),
    parameters,
    parameterPrefix: '/payment/local/',
    clock,
    onAccess: (entry) => void accesses.push(entry),
  });
  url = (await endpoints.open())[0]?.url ?? '';
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await endpoints.close();
});

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function call(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
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

const getZip = (key = zipKey, name = bucket) => new GetObjectCommand({ Bucket: name, Key: key });
const getPass = (selector = '') =>
  new GetParameterCommand({ Name: `/payment/local/AMQP_PASS${selector}`, WithDecryption: true });

/** Name and HTTP status of what an AWS client throws. */
async function refusal(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { name: string; $metadata?: { httpStatusCode?: number } },
  );
  return error === undefined ? 'answered' : `${error.name} ${error.$metadata?.httpStatusCode}`;
}

describe('instance metadata', () => {
  test.each([
    ['meta-data/instance-id', 'i-0a1'],
    ['meta-data/local-ipv4', '127.0.0.1'],
    ['meta-data/placement/region', 'eu-west-1'],
    ['meta-data/placement/availability-zone', 'eu-west-1a'],
    ['meta-data/iam/security-credentials/', 'rollgate-payment-host'],
    ['meta-data/iam/security-credentials', 'rollgate-payment-host'],
  ])('%s is %s', async (path, expected) => {
    const answer = await metadata(path);

    expect([answer.status, answer.body]).toEqual([200, expected]);
  });

  test('gives short-lived credentials, the same ones until they are nearly over', async () => {
    const path = 'meta-data/iam/security-credentials/rollgate-payment-host';
    const first = JSON.parse((await metadata(path)).body);
    const again = JSON.parse((await metadata(path)).body);
    offset = (6 * 3_600 - 299) * 1_000;
    const renewed = JSON.parse((await metadata(path)).body);

    expect(first).toEqual({
      Code: 'Success',
      LastUpdated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      Type: 'AWS-HMAC',
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^.{40}$/),
      Token: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(Date.parse(first.Expiration) - Date.parse(first.LastUpdated)).toBe(6 * 3_600_000);
    expect(again).toEqual(first);
    expect(renewed.AccessKeyId).not.toBe(first.AccessKeyId);
  });

  test('without a token, with a wrong one or one that has run out answers 401', async () => {
    const path = '/latest/meta-data/instance-id';
    const short = await token('10');
    offset = 10_000;

    const statuses = [
      (await call(path)).status,
      (await call(path, { headers: { 'X-aws-ec2-metadata-token': 'x' } })).status,
      (await call(path, { headers: { 'X-aws-ec2-metadata-token': short } })).status,
    ];

    expect(statuses).toEqual([401, 401, 401]);
  });

  test.each([
    ['no lifetime', {}, 400],
    ['a lifetime of 0', { 'X-aws-ec2-metadata-token-ttl-seconds': '0' }, 400],
    ['a lifetime above six hours', { 'X-aws-ec2-metadata-token-ttl-seconds': '21601' }, 400],
    ['a proxy', { 'X-aws-ec2-metadata-token-ttl-seconds': '60', 'X-Forwarded-For': '1.2.3.4' }, 403],
  ])('gives no token for %s', async (_what, headers, status) => {
    expect((await call('/latest/api/token', { method: 'PUT', headers })).status).toBe(status);
  });

  test('gives no token by GET', async () => {
    expect((await call('/latest/api/token')).status).toBe(405);
  });

  test('knows nothing for an address of no host, and no credentials for a host without a role', async () => {
    host = undefined;
    const unknown = await call('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
    });
    host = { instanceId: 'i-0c4', zone: 'eu-west-1a', privateAddress: '127.0.0.1' };
    const roleless = await metadata('meta-data/iam/security-credentials/');

    expect([unknown.status, roleless.status]).toEqual([404, 404]);
  });

  test('takes no token of another host', async () => {
    const ofFirst = await token();
    host = { instanceId: 'i-0b2', zone: 'eu-west-1b', privateAddress: '127.0.0.1', role: 'rollgate-payment-host' };

    const answer = await call('/latest/meta-data/instance-id', { headers: { 'X-aws-ec2-metadata-token': ofFirst } });

    expect(answer.status).toBe(401);
  });
});

describe('GetObject, signed by the AWS SDK', () => {
  test('answers the bytes and their checksum', async () => {
    const client = s3(await roleCredentials());

    const object = await client.send(getZip());
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: zipKey, ChecksumMode: 'ENABLED' }));

    const checksum = createHash('sha256').update(zip).digest('base64');
    expect(await object.Body?.transformToString()).toBe('the zip');
    expect([object.ContentLength, object.ChecksumSHA256]).toEqual([7, checksum]);
    expect([head.ContentLength, head.ChecksumSHA256]).toEqual([7, checksum]);
  });

  test.each([
    ['a key that is not there', 'rollgate/payment/releases/9.zip', bucket, 'NoSuchKey 404'],
    ['a key of the ledger', 'rollgate/payment/state.json', bucket, 'AccessDenied 403'],
    ['another service', 'rollgate/cart/releases/1.zip', bucket, 'AccessDenied 403'],
    ['a way out', 'rollgate/payment/releases/../state.json', bucket, 'AccessDenied 403'],
    ['another bucket', zipKey, 'roboshop-builds', 'NoSuchBucket 404'],
  ])('of %s is refused', async (_what, key, name, expected) => {
    const client = s3(await roleCredentials());

    expect(await refusal(client.send(getZip(key, name)))).toBe(expected);
  });

  test('is all that may be done', async () => {
    const client = s3(await roleCredentials());

    expect(await refusal(client.send(new PutObjectCommand({ Bucket: bucket, Key: zipKey, Body: 'x' })))).toBe(
      'AccessDenied 403',
    );
  });

  const wrong: readonly (readonly [string, (good: Credentials) => Credentials, string, string])[] = [
    [
      'another secret',
      (good) => ({ ...good, secretAccessKey: 'x' }),
      'SignatureDoesNotMatch 403',
      'InvalidSignatureException 400',
    ],
    [
      'an unknown key',
      (good) => ({ ...good, accessKeyId: 'ASIAAAAAAAAAAAAAAAAA' }),
      'InvalidAccessKeyId 403',
      'UnrecognizedClientException 400',
    ],
    [
      'another token',
      (good) => ({ ...good, sessionToken: 'x' }),
      'InvalidToken 400',
      'UnrecognizedClientException 400',
    ],
  ];
  test.each(wrong)('with %s is refused, as is GetParameter', async (_what, spoil, s3Error, ssmError) => {
    const spoiled = spoil(await roleCredentials());

    expect(await refusal(s3(spoiled).send(getZip()))).toBe(s3Error);
    expect(await refusal(ssm(spoiled).send(getPass()))).toBe(ssmError);
  });

  test('with credentials that have run out is refused, as is GetParameter', async () => {
    const credentials = await roleCredentials();
    offset = 6 * 3_600_000;
    const late = { systemClockOffset: offset };

    expect(await refusal(s3(credentials, late).send(getZip()))).toBe('ExpiredToken 400');
    expect(await refusal(ssm(credentials, late).send(getPass()))).toBe('ExpiredTokenException 400');
  });

  test.each([
    [-16, 'RequestTimeTooSkewed 403', 'InvalidSignatureException 400'],
    [16, 'RequestTimeTooSkewed 403', 'InvalidSignatureException 400'],
    [-14, 'answered', 'answered'],
    [14, 'answered', 'answered'],
  ])('with a clock off by %i minutes', async (minutes, s3Error, ssmError) => {
    const credentials = await roleCredentials();
    const skewed = { systemClockOffset: minutes * 60_000 };

    expect(await refusal(s3(credentials, skewed).send(getZip()))).toBe(s3Error);
    expect(await refusal(ssm(credentials, skewed).send(getPass()))).toBe(ssmError);
  });

  test('for another region is refused, as is GetParameter', async () => {
    const credentials = await roleCredentials();
    const elsewhere = { region: 'us-east-1' };

    expect(await refusal(s3(credentials, elsewhere).send(getZip()))).toBe('AuthorizationHeaderMalformed 400');
    expect(await refusal(ssm(credentials, elsewhere).send(getPass()))).toBe('InvalidSignatureException 400');
  });

  test('without a signature is refused', async () => {
    const answer = await call(`/${bucket}/rollgate/payment/releases/1.zip`);

    expect([answer.status, answer.body.includes('<Code>AccessDenied</Code>')]).toEqual([403, true]);
  });
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What both clients' stacks have in common, as far as a look at the signed request goes. */
interface MiddlewareStack {
  add(
    middleware: (
      next: (args: unknown) => Promise<unknown>,
    ) => (args: { readonly request: unknown }) => Promise<unknown>,
    options: { readonly step: 'finalizeRequest'; readonly priority: 'low' },
  ): void;
}

/** Has the SDK send a request; resolves to the request as it was signed. */
async function sentBy(client: S3Client | SSMClient, send: () => Promise<unknown>): Promise<Sent> {
  let sent: Sent | undefined;
  (client.middlewareStack as unknown as MiddlewareStack).add(
    (next) => async (args) => {
      const request = args.request as Sent & { readonly query: Record<string, string>; readonly body?: Uint8Array };
      const query = Object.entries(request.query).map(([name, value]) => `${name}=${value}`);
      const body = Buffer.from(Uint8Array.from(request.body ?? [])).toString();
      sent = { method: request.method, path: `${request.path}?${query.join('&')}`, headers: request.headers, body };
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  await send();
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}

describe('what is not as it was signed', () => {
  async function sentGet(): Promise<Sent> {
    const client = s3(await roleCredentials());
    return sentBy(client, () => client.send(getZip()));
  }

  test('the request as it was is answered again', async () => {
    const sent = await sentGet();

    expect((await call(sent.path, sent)).status).toBe(200);
  });

  const withHeader = (name: string, value: string) => (sent: Sent) => ({
    ...sent,
    headers: { ...sent.headers, [name]: value },
  });
  test.each<[string, (sent: Sent) => Sent, string]>([
    ['another path', (sent) => ({ ...sent, path: sent.path.replace('s/1', 's/2') }), 'SignatureDoesNotMatch'],
    ['another query', (sent) => ({ ...sent, path: sent.path.replace('GetO', 'O') }), 'SignatureDoesNotMatch'],
    ['another method', (sent) => ({ ...sent, method: 'DELETE' }), 'SignatureDoesNotMatch'],
    ['another header', withHeader('x-amz-user-agent', 'x'), 'SignatureDoesNotMatch'],
    ['one more header', withHeader('x-amz-acl', 'public-read'), 'AccessDenied'],
    ['another payload hash', withHeader('x-amz-content-sha256', 'a'.repeat(64)), 'XAmzContentSHA256Mismatch'],
    ['a hash of no payload', withHeader('x-amz-content-sha256', 'UNSIGNED-PAYLOAD'), 'SignatureDoesNotMatch'],
    ['no date', withHeader('x-amz-date', 'today'), 'AuthorizationHeaderMalformed'],
  ])('%s is refused', async (_what, change, code) => {
    const changed = change(await sentGet());

    expect((await call(changed.path, changed)).body).toContain(`<Code>${code}</Code>`);
  });

  test('another body is refused', async () => {
    const client = ssm(await roleCredentials());
    const sent = await sentBy(client, () => client.send(getPass()));

    const answer = await call(sent.path, { ...sent, body: sent.body.replace('AMQP_PASS', 'AMQP_PAST') });

    expect(JSON.parse(answer.body)['__type']).toBe('InvalidSignatureException');
  });
});

describe('parameters, signed by the AWS SDK', () => {
  test('GetParameter answers the current version, or the one that is named', async () => {
    const client = ssm(await roleCredentials());

    const current = await client.send(getPass());
    const first = await client.send(getPass(':1'));

    expect(current.Parameter).toEqual({
      Name: '/payment/local/AMQP_PASS',
      Type: 'SecureString',
      Value: secret,
      Version: 2,
      LastModifiedDate: expect.any(Date),
      ARN: 'arn:aws:ssm:eu-west-1:000000000000:parameter/payment/local/AMQP_PASS',
      DataType: 'text',
    });
    expect([first.Parameter?.Value, first.Parameter?.Selector]).toEqual(['first', ':1']);
  });

  test('GetParameters names those that are not there', async () => {
    const client = ssm(await roleCredentials());
    const Names = ['/payment/local/AMQP_PASS', '/payment/local/AMQP_PASS:9', '/payment/local/NONE'];

    const answer = await client.send(new GetParametersCommand({ Names, WithDecryption: true }));

    expect(answer.Parameters?.map((parameter) => parameter.Value)).toEqual([secret]);
    expect(answer.InvalidParameters).toEqual(['/payment/local/AMQP_PASS:9', '/payment/local/NONE']);
  });

  test('without decryption a SecureString does not show its value', async () => {
    const client = ssm(await roleCredentials());

    const answer = await client.send(new GetParameterCommand({ Name: '/payment/local/AMQP_PASS' }));

    expect(answer.Parameter?.Value).toMatch(/^AQICAH/);
  });

  test('what is not there, not allowed or not served is refused', async () => {
    const client = ssm(await roleCredentials());

    expect(await refusal(client.send(new GetParameterCommand({ Name: '/payment/local/NONE' })))).toBe(
      'ParameterNotFound 400',
    );
    expect(await refusal(client.send(getPass(':9')))).toBe('ParameterVersionNotFound 400');
    expect(await refusal(client.send(new GetParameterCommand({ Name: '/other/local/TOKEN' })))).toBe(
      'AccessDeniedException 400',
    );
    expect(await refusal(client.send(new GetParametersByPathCommand({ Path: '/payment' })))).toBe(
      'UnknownOperationException 400',
    );
  });
});

describe('the access log', () => {
  test('says who read what, and holds nothing secret', async () => {
    const credentials = await roleCredentials();
    await s3(credentials).send(getZip());
    await ssm(credentials).send(getPass());
    await refusal(ssm(credentials).send(new GetParameterCommand({ Name: '/other/local/TOKEN' })));
    await call(`/${bucket}/rollgate/payment/releases/1.zip`);

    const lines = accesses.map(({ instanceId, endpoint, action, resources, status, error }) =>
      [instanceId, endpoint, action, resources.join(), status, error ?? ''].join(' ').trim(),
    );
    expect(lines).toEqual([
      'i-0a1 metadata PUT /latest/api/token 200',
      'i-0a1 metadata GET /latest/meta-data/iam/security-credentials/rollgate-payment-host 200',
      `i-0a1 s3 GetObject ${bucket}/${zipKey} 200`,
      'i-0a1 ssm GetParameter /payment/local/AMQP_PASS 200',
      'i-0a1 ssm GetParameter /other/local/TOKEN 400 AccessDeniedException',
      `i-0a1 s3 GetObject ${bucket}/rollgate/payment/releases/1.zip 403 AccessDenied`,
    ]);
    const text = JSON.stringify(accesses);
    for (const hidden of [secret, credentials.secretAccessKey, credentials.sessionToken])
      expect(text).not.toContain(hidden);
  });
});

test('closed endpoints are unreachable until they are opened again, on the same port', async () => {
  const credentials = await roleCredentials();
  const client = s3(credentials);
  await client.send(getZip());

  await endpoints.close();
  const whileClosed = await refusal(client.send(getZip()));
  const [again] = await endpoints.open();

  expect(whileClosed).toContain('undefined');
  expect(again?.url).toBe(url);
  expect((await client.send(getZip())).ContentLength).toBe(7);
});
