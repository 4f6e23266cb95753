import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  bucket,
  type Credentials,
  type GivenEndpoints,
  getPass,
  getZip,
  givenEndpoints,
  refusal,
  zip,
  zipKey,
} from './given-endpoints.ts';

let given: GivenEndpoints;

beforeEach(async () => {
  given = await givenEndpoints();
});
afterEach(() => given.close());

describe('GetObject, signed by the AWS SDK', () => {
  test('answers the bytes and their checksum', async () => {
    const client = given.s3(await given.roleCredentials());

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
    const client = given.s3(await given.roleCredentials());

    expect(await refusal(client.send(getZip(key, name)))).toBe(expected);
  });

  test('is all that may be done', async () => {
    const client = given.s3(await given.roleCredentials());

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
    const spoiled = spoil(await given.roleCredentials());

    expect(await refusal(given.s3(spoiled).send(getZip()))).toBe(s3Error);
    expect(await refusal(given.ssm(spoiled).send(getPass()))).toBe(ssmError);
  });

  test('with credentials that have run out is refused, as is GetParameter', async () => {
    const credentials = await given.roleCredentials();
    given.offset = 6 * 3_600_000;
    const late = { systemClockOffset: given.offset };

    expect(await refusal(given.s3(credentials, late).send(getZip()))).toBe('ExpiredToken 400');
    expect(await refusal(given.ssm(credentials, late).send(getPass()))).toBe('ExpiredTokenException 400');
  });

  test.each([
    [-16, 'RequestTimeTooSkewed 403', 'InvalidSignatureException 400'],
    [16, 'RequestTimeTooSkewed 403', 'InvalidSignatureException 400'],
    [-14, 'answered', 'answered'],
    [14, 'answered', 'answered'],
  ])('with a clock off by %i minutes', async (minutes, s3Error, ssmError) => {
    const credentials = await given.roleCredentials();
    const skewed = { systemClockOffset: minutes * 60_000 };

    expect(await refusal(given.s3(credentials, skewed).send(getZip()))).toBe(s3Error);
    expect(await refusal(given.ssm(credentials, skewed).send(getPass()))).toBe(ssmError);
  });

  test('for another region is refused, as is GetParameter', async () => {
    const credentials = await given.roleCredentials();
    const elsewhere = { region: 'us-east-1' };

    expect(await refusal(given.s3(credentials, elsewhere).send(getZip()))).toBe('AuthorizationHeaderMalformed 400');
    expect(await refusal(given.ssm(credentials, elsewhere).send(getPass()))).toBe('InvalidSignatureException 400');
  });

  test('without a signature is refused', async () => {
    const answer = await given.call(`/${bucket}/rollgate/payment/releases/1.zip`);

    expect([answer.status, answer.body.includes('<Code>AccessDenied</Code>')]).toEqual([403, true]);
  });
});
