import type { S3Client } from '@aws-sdk/client-s3';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GivenEndpoints, getPass, getZip, givenEndpoints } from './given-endpoints.ts';

let given: GivenEndpoints;

beforeEach(async () => {
  given = await givenEndpoints();
});
afterEach(() => given.close());

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
    const client = given.s3(await given.roleCredentials());
    return sentBy(client, () => client.send(getZip()));
  }

  test('the request as it was is answered again', async () => {
    const sent = await sentGet();

    expect((await given.call(sent.path, sent)).status).toBe(200);
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

    expect((await given.call(changed.path, changed)).body).toContain(`<Code>${code}</Code>`);
  });

  test('another body is refused', async () => {
    const client = given.ssm(await given.roleCredentials());
    const sent = await sentBy(client, () => client.send(getPass()));

    const answer = await given.call(sent.path, { ...sent, body: sent.body.replace('AMQP_PASS', 'AMQP_PAST') });

    expect(JSON.parse(answer.body)['__type']).toBe('InvalidSignatureException');
  });
});
