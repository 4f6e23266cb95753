import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  bucket,
  type GivenEndpoints,
  getPass,
  getZip,
  givenEndpoints,
  refusal,
  secret,
  zipKey,
} from './given-endpoints.ts';

let given: GivenEndpoints;

beforeEach(async () => {
  given = await givenEndpoints();
});
afterEach(() => given.close());

describe('the access log', () => {
  test('says who read what, and holds nothing secret', async () => {
    const credentials = await given.roleCredentials();
    await given.s3(credentials).send(getZip());
    await given.ssm(credentials).send(getPass());
    await refusal(given.ssm(credentials).send(new GetParameterCommand({ Name: '/other/local/TOKEN' })));
    await given.call(`/${bucket}/rollgate/payment/releases/1.zip`);

    const lines = given.accesses.map(({ instanceId, endpoint, action, resources, status, error }) =>
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
    const text = JSON.stringify(given.accesses);
    for (const hidden of [secret, credentials.secretAccessKey, credentials.sessionToken])
      expect(text).not.toContain(hidden);
  });
});

test('closed endpoints are unreachable until they are opened again, on the same port', async () => {
  const credentials = await given.roleCredentials();
  const client = given.s3(credentials);
  await client.send(getZip());

  await given.endpoints.close();
  const whileClosed = await refusal(client.send(getZip()));
  const [again] = await given.endpoints.open();

  expect(whileClosed).toContain('undefined');
  expect(again?.url).toBe(given.url);
  expect((await client.send(getZip())).ContentLength).toBe(7);
});
