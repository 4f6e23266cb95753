import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GivenEndpoints, givenEndpoints } from './given-endpoints.ts';

let given: GivenEndpoints;

beforeEach(async () => {
  given = await givenEndpoints();
});
afterEach(() => given.close());

describe('instance metadata', () => {
  test.each([
    ['meta-data/instance-id', 'i-0a1'],
    ['meta-data/local-ipv4', '127.0.0.1'],
    ['meta-data/placement/region', 'eu-west-1'],
    ['meta-data/placement/availability-zone', 'eu-west-1a'],
    ['meta-data/iam/security-credentials/', 'rollgate-payment-host'],
    ['meta-data/iam/security-credentials', 'rollgate-payment-host'],
  ])('%s is %s', async (path, expected) => {
    const answer = await given.metadata(path);

    expect([answer.status, answer.body]).toEqual([200, expected]);
  });

  test('gives short-lived credentials, the same ones until they are nearly over', async () => {
    const path = 'meta-data/iam/security-credentials/rollgate-payment-host';
    const first = JSON.parse((await given.metadata(path)).body);
    const again = JSON.parse((await given.metadata(path)).body);
    given.offset = (6 * 3_600 - 299) * 1_000;
    const renewed = JSON.parse((await given.metadata(path)).body);

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
    const short = await given.token('10');
    given.offset = 10_000;

    const statuses = [
      (await given.call(path)).status,
      (await given.call(path, { headers: { 'X-aws-ec2-metadata-token': 'x' } })).status,
      (await given.call(path, { headers: { 'X-aws-ec2-metadata-token': short } })).status,
    ];

    expect(statuses).toEqual([401, 401, 401]);
  });

  test.each([
    ['no lifetime', {}, 400],
    ['a lifetime of 0', { 'X-aws-ec2-metadata-token-ttl-seconds': '0' }, 400],
    ['a lifetime above six hours', { 'X-aws-ec2-metadata-token-ttl-seconds': '21601' }, 400],
    ['a proxy', { 'X-aws-ec2-metadata-token-ttl-seconds': '60', 'X-Forwarded-For': '1.2.3.4' }, 403],
  ])('gives no token for %s', async (_what, headers, status) => {
    expect((await given.call('/latest/api/token', { method: 'PUT', headers })).status).toBe(status);
  });

  test('gives no token by GET', async () => {
    expect((await given.call('/latest/api/token')).status).toBe(405);
  });

  test('knows nothing for an address of no host, and no credentials for a host without a role', async () => {
    given.host = undefined;
    const unknown = await given.call('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '60' },
    });
    given.host = { instanceId: 'i-0c4', zone: 'eu-west-1a', privateAddress: '127.0.0.1' };
    const roleless = await given.metadata('meta-data/iam/security-credentials/');

    expect([unknown.status, roleless.status]).toEqual([404, 404]);
  });

  test('takes no token of another host', async () => {
    const ofFirst = await given.token();
    given.host = {
      instanceId: 'i-0b2',
      zone: 'eu-west-1b',
      privateAddress: '127.0.0.1',
      role: 'rollgate-payment-host',
    };

    const answer = await given.call('/latest/meta-data/instance-id', {
      headers: { 'X-aws-ec2-metadata-token': ofFirst },
    });

    expect(answer.status).toBe(401);
  });
});
