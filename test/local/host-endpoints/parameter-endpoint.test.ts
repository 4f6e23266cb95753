import { GetParameterCommand, GetParametersByPathCommand, GetParametersCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GivenEndpoints, getPass, givenEndpoints, refusal, secret } from './given-endpoints.ts';

let given: GivenEndpoints;

beforeEach(async () => {
  given = await givenEndpoints();
});
afterEach(() => given.close());

describe('parameters, signed by the AWS SDK', () => {
  test('GetParameter answers the current version, or the one that is named', async () => {
    const client = given.ssm(await given.roleCredentials());

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
    const client = given.ssm(await given.roleCredentials());
    const Names = ['/payment/local/AMQP_PASS', '/payment/local/AMQP_PASS:9', '/payment/local/NONE'];

    const answer = await client.send(new GetParametersCommand({ Names, WithDecryption: true }));

    expect(answer.Parameters?.map((parameter) => parameter.Value)).toEqual([secret]);
    expect(answer.InvalidParameters).toEqual(['/payment/local/AMQP_PASS:9', '/payment/local/NONE']);
  });

  test('without decryption a SecureString does not show its value', async () => {
    const client = given.ssm(await given.roleCredentials());

    const answer = await client.send(new GetParameterCommand({ Name: '/payment/local/AMQP_PASS' }));

    expect(answer.Parameter?.Value).toMatch(/^AQICAH/);
  });

  test('what is not there, not allowed or not served is refused', async () => {
    const client = given.ssm(await given.roleCredentials());

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

  test.each(['AccessDeniedException', 'ExpiredTokenException'] as const)(
    'a simulated %s refuses every read until it is ended',
    async (how) => {
      const client = given.ssm(await given.roleCredentials());
      given.refusal = how;

      const refused = await refusal(client.send(getPass()));
      given.refusal = null;

      expect(refused).toBe(`${how} 400`);
      expect((await client.send(getPass())).Parameter?.Value).toBe(secret);
    },
  );
});
