import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { explainAccess, StageAccessError } from '../../clients/aws/stage-access.ts';
import { readStageDirectory } from '../../clients/aws/stage-directory.ts';

const prod = { service: 'payment', stage: 'prod' };
const directory = {
  service: 'payment',
  stage: 'prod',
  region: 'eu-west-1',
  accountId: '123456789012',
  version: '0.1.0',
  stateBucket: 'rollgate-payment-prod-state-123456789012-eu-west-1',
  artifactBucket: 'roboshop-builds',
  artifactKey: 'payment.zip',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod',
};

const ssm = mockClient(SSMClient);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollgate-aws-'));
  ssm.reset();
  // As on a machine that knows nothing of AWS but what a test says.
  for (const name of ['AWS_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function givenCredentials(): void {
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
}

async function refusal(address: Parameters<typeof readStageDirectory>[0] = prod): Promise<StageAccessError> {
  const error: unknown = await readStageDirectory(address).catch((thrown: unknown) => thrown);
  if (!(error instanceof StageAccessError)) {
    throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
  }
  return error;
}

const thrown = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });

describe('the stage directory', () => {
  it('is read from the parameter of service and stage', async () => {
    givenCredentials();
    ssm.on(GetParameterCommand, { Name: '/rollgate/payment/prod' }).resolves({
      Parameter: { Value: JSON.stringify(directory) },
    });

    expect(await readStageDirectory(prod)).toEqual(directory);
  });

  it('says how to deploy a stage that is not there', async () => {
    givenCredentials();
    ssm.on(GetParameterCommand).rejects(thrown('ParameterNotFound', 'UnknownError'));

    expect(await refusal()).toMatchObject({
      message: 'there is no stage prod of payment in eu-west-1 of this account (no parameter /rollgate/payment/prod)',
      nextStep:
        'npx osls deploy --stage prod --region eu-west-1, or name another --stage, --service, --region or --profile',
    });
    expect((await refusal({ service: 'cart', stage: 'dev' })).nextStep).toMatch(
      /^npx osls deploy --stage dev --region eu-west-1 --param service=cart,/,
    );
  });

  it('says what is wrong with one that a person has written over', async () => {
    givenCredentials();
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: '{"service":"payment"}' } });

    const { message, nextStep } = await refusal();
    expect(message).toContain('/rollgate/payment/prod: stateBucket: must be the name of a bucket');
    expect(nextStep).toBe('npx osls deploy --stage prod');
  });

  it('wants a region, and asks AWS nothing without one', async () => {
    expect(await refusal()).toMatchObject({
      message: 'no region is named: not by --region, AWS_REGION or AWS_DEFAULT_REGION, nor by the profile',
      nextStep: 'the same again with --region eu-west-1 (the region that the stage was deployed to)',
    });
    expect(ssm.calls()).toEqual([]);
  });

  it('takes region and credentials from the profile', async () => {
    writeFileSync(join(folder, 'config'), '[profile shop]\nregion = eu-west-1\n');
    writeFileSync(join(folder, 'credentials'), '[shop]\naws_access_key_id = A\naws_secret_access_key = b\n');
    vi.stubEnv('AWS_PROFILE', 'shop');
    ssm.on(GetParameterCommand).resolves({ Parameter: { Value: JSON.stringify(directory) } });

    expect(await readStageDirectory({ ...prod, profile: 'shop' })).toEqual(directory);
  });

  it('says how to get credentials where there are none', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');

    const { message, nextStep } = await refusal();
    expect(message).toMatch(/^no credentials of AWS: /);
    expect(nextStep).toBe(
      'aws configure sso (or aws configure), then the same again with --profile, or with AWS_PROFILE set',
    );
    expect(ssm.calls()).toEqual([]);
  });

  it.each([
    ['that is not in the configuration', ''],
    [
      'whose SSO session has ended',
      '[profile shop]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://shop.awsapps.com/start\n',
    ],
  ])('says how to sign in with a profile %s', async (_, config) => {
    writeFileSync(join(folder, 'config'), config);
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_PROFILE', 'shop');

    const { message, nextStep } = await refusal({ ...prod, profile: 'shop' });
    expect(message).toMatch(/^no credentials of AWS for the profile shop: ./);
    expect(nextStep).toBe('aws sso login --profile shop, or where it uses no SSO: aws configure --profile shop');
    expect(ssm.calls()).toEqual([]);
  });
});

describe('an error of AWS is told as a sentence with the next step:', () => {
  it.each([
    [
      thrown('AccessDeniedException', 'User: arn:aws:iam::1:user/al is not authorized to perform: ssm:GetParameter'),
      /^this caller may not do that: User: arn:aws:iam::1:user\/al is not authorized/,
      /attach the policy that the stack made/,
    ],
    [thrown('AccessDenied', 'Access Denied'), /^this caller may not do that/, /or take another --profile$/],
    [
      thrown('ExpiredTokenException', 'It has expired'),
      /\(ExpiredTokenException\): It has expired$/,
      /^aws sso login --profile shop/,
    ],
    [thrown('UnrecognizedClientException', 'invalid'), /^AWS does not take these credentials/, /^aws sso login/],
    [
      thrown('Error', 'getaddrinfo', { code: 'ENOTFOUND' }),
      /^AWS can not be reached from here \(ENOTFOUND\)/,
      /HTTPS_PROXY/,
    ],
    [
      thrown('AggregateError', '', { code: 'ECONNREFUSED' }),
      /^AWS can not be reached from here \(ECONNREFUSED\)$/,
      /network/,
    ],
    [thrown('TimeoutError', 'Connection timed out'), /\(TimeoutError\): Connection timed out$/, /network/],
    [
      new Error('could not read', { cause: thrown('ExpiredToken', 'gone') }),
      /^AWS does not take these credentials/,
      /^aws sso login/,
    ],
  ])('%s', (error, message, nextStep) => {
    const told = explainAccess(error, { ...prod, profile: 'shop' });

    expect(told?.message).toMatch(message);
    expect(told?.nextStep).toMatch(nextStep);
    expect(told?.cause).toBe(error);
  });

  it('nothing else is', () => {
    expect(explainAccess(thrown('TransientAwsError', 'Rate exceeded'), prod)).toBeUndefined();
    expect(explainAccess('text', prod)).toBeUndefined();
  });
});
