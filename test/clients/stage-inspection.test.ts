import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import {
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  DescribeParametersCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createStageInspection } from '../../clients/aws/stage-inspection.ts';

const directory = {
  service: 'payment',
  stage: 'prod',
  region: 'eu-west-1',
  accountId: '123456789012',
  version: '0.1.0',
  stateBucket: 'state',
  artifactBucket: 'roboshop-builds',
  artifactKey: 'payment.zip',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod',
};
const [s3, ec2, ssm, sfn] = [mockClient(S3Client), mockClient(EC2Client), mockClient(SSMClient), mockClient(SFNClient)];
const thrown = (name: string): Error => Object.assign(new Error(`${name} of AWS`), { name });
const inspect = (instanceIds: readonly string[] = [], parameters: readonly string[] = []) =>
  createStageInspection(directory).inspect({ instanceIds, parameters });

beforeEach(() => {
  for (const mock of [s3, ec2, ssm, sfn]) {
    mock.reset();
  }
  s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
  s3.on(GetBucketNotificationConfigurationCommand).resolves({ EventBridgeConfiguration: {} });
  s3.on(GetBucketEncryptionCommand).resolves({
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
  });
  ssm.on(DescribeDocumentCommand).resolves({ Document: { Status: 'Active', DefaultVersion: '2', LatestVersion: '3' } });
  sfn.on(DescribeStateMachineCommand).resolves({ status: 'ACTIVE' });
  ec2.on(DescribeInstancesCommand).resolves({});
});

describe('the inspection of a stage', () => {
  it('says what is there, of the bucket of this account alone', async () => {
    const bucket = {
      isElsewhere: false,
      versioning: { kind: 'seen', value: 'Enabled' },
      notifications: { kind: 'seen', value: { hasEventBridge: true, others: 0 } },
      encryption: { kind: 'seen', value: 'AES256' },
    };
    const document = { kind: 'seen', value: { status: 'Active', defaultVersion: '2', latestVersion: '3' } };

    expect(await inspect()).toEqual({
      version: '0.1.0',
      artifactKey: 'payment.zip',
      stateBucket: bucket,
      artifactBucket: bucket,
      documents: { install: document, activate: document, verify: document, settle: document, inspect: document },
      stateMachine: { kind: 'seen', value: { status: 'ACTIVE' } },
      instances: { kind: 'seen', value: {} },
      agents: { kind: 'seen', value: {} },
      parameters: { kind: 'seen', value: {} },
    });
    expect(s3.commandCalls(GetBucketVersioningCommand).map((call) => call.args[0].input)).toEqual([
      { Bucket: 'state', ExpectedBucketOwner: '123456789012' },
      { Bucket: 'roboshop-builds', ExpectedBucketOwner: '123456789012' },
    ]);
    expect(ssm.commandCalls(DescribeDocumentCommand).map((call) => call.args[0].input.Name)).toEqual([
      'rollgate-payment-prod-install',
      'rollgate-payment-prod-activate',
      'rollgate-payment-prod-verify',
      'rollgate-payment-prod-settle',
      'rollgate-payment-prod-inspect',
    ]);
  });

  it('counts what a bucket notifies besides', async () => {
    const queue = { QueueArn: 'arn', Events: ['s3:ObjectCreated:*' as const] };
    s3.on(GetBucketNotificationConfigurationCommand).resolves({
      QueueConfigurations: [queue, queue],
      LambdaFunctionConfigurations: [{ LambdaFunctionArn: 'arn', Events: ['s3:ObjectCreated:*'] }],
    });

    const { artifactBucket } = await inspect();
    expect(artifactBucket.notifications).toEqual({ kind: 'seen', value: { hasEventBridge: false, others: 3 } });
  });

  it('takes a bucket that was never versioned and encrypts nothing as it is', async () => {
    s3.on(GetBucketVersioningCommand).resolves({});
    s3.on(GetBucketEncryptionCommand).rejects(thrown('ServerSideEncryptionConfigurationNotFoundError'));

    const { artifactBucket } = await inspect();
    expect(artifactBucket.versioning).toEqual({ kind: 'seen', value: 'Disabled' });
    expect(artifactBucket.encryption).toEqual({ kind: 'seen', value: 'none' });
  });

  it.each([
    [
      'a bucket',
      () => s3.on(GetBucketVersioningCommand, { Bucket: 'roboshop-builds' }).rejects(thrown('NoSuchBucket')),
    ],
    ['a document', () => ssm.on(DescribeDocumentCommand).rejects(thrown('InvalidDocument'))],
    ['the state machine', () => sfn.on(DescribeStateMachineCommand).rejects(thrown('StateMachineDoesNotExist'))],
  ])('says that %s is not there', async (what, lose) => {
    lose();

    const { artifactBucket, documents, stateMachine } = await inspect();
    const kinds = {
      'a bucket': artifactBucket.versioning,
      'a document': documents.install,
      'the state machine': stateMachine,
    };
    expect(
      Object.entries(kinds)
        .filter(([, looked]) => looked.kind === 'absent')
        .map(([name]) => name),
    ).toEqual([what]);
  });

  it('says that a bucket is in another region', async () => {
    s3.on(GetBucketEncryptionCommand, { Bucket: 'roboshop-builds' }).rejects(thrown('PermanentRedirect'));

    const { artifactBucket, stateBucket } = await inspect();
    expect([artifactBucket.isElsewhere, stateBucket.isElsewhere]).toEqual([true, false]);
  });

  it('says what this caller may not see, with the action that it takes', async () => {
    s3.on(GetBucketNotificationConfigurationCommand).rejects(thrown('AccessDenied'));
    ssm.on(DescribeParametersCommand).rejects(thrown('AccessDeniedException'));
    ssm.on(DescribeInstanceInformationCommand).rejects(thrown('AccessDeniedException'));
    ec2.on(DescribeInstancesCommand).rejects(thrown('UnauthorizedOperation'));

    const stage = await inspect(['i-1'], ['/payment/prod/AMQP_PASS']);
    expect(stage.stateBucket.notifications).toMatchObject({
      kind: 'unseen',
      why: expect.stringMatching(/^s3:GetBucketNotification on state was denied/),
    });
    expect(stage.parameters).toMatchObject({ kind: 'unseen', why: expect.stringMatching(/^ssm:DescribeParameters/) });
    expect(stage.agents).toMatchObject({ why: expect.stringMatching(/^ssm:DescribeInstanceInformation/) });
    expect(stage.instances).toMatchObject({ why: expect.stringMatching(/^ec2:DescribeInstances/) });
  });

  it('throws what may pass instead of calling it missing', async () => {
    sfn.on(DescribeStateMachineCommand).rejects(thrown('ThrottlingException'));

    await expect(inspect()).rejects.toMatchObject({ name: 'TransientAwsError' });
  });

  it('reads every page of instances and agents, and names the profile without its path', async () => {
    const ids = Array.from({ length: 260 }, (_, index) => `i-${index}`);
    const arn = 'arn:aws:iam::123456789012:instance-profile/shop/hosts';
    ec2.on(DescribeInstancesCommand).callsFake((input) =>
      input.NextToken === undefined
        ? {
            Reservations: [
              { Instances: [{ InstanceId: input.Filters[0].Values[0], IamInstanceProfile: { Arn: arn } }] },
            ],
            NextToken: 'more',
          }
        : { Reservations: [{ Instances: [{ InstanceId: input.Filters[0].Values[1] }] }] },
    );
    ssm.on(DescribeInstanceInformationCommand).callsFake((input) => ({
      InstanceInformationList: input.Filters[0].Values.map((InstanceId: string) => ({
        InstanceId,
        AgentVersion: '3.3.1.0',
        LastPingDateTime: new Date('2026-11-22T20:00:00Z'),
      })),
    }));

    const { instances, agents } = await inspect(ids);
    expect(instances).toEqual({
      kind: 'seen',
      value: {
        'i-0': { instanceProfile: 'hosts' },
        'i-1': { instanceProfile: null },
        'i-200': { instanceProfile: 'hosts' },
        'i-201': { instanceProfile: null },
      },
    });
    expect(agents.kind === 'seen' ? Object.keys(agents.value) : []).toHaveLength(260);
    expect(agents.kind === 'seen' ? agents.value['i-259'] : undefined).toEqual({
      version: '3.3.1.0',
      lastPingAt: '2026-11-22T20:00:00.000Z',
    });
  });

  it('still knows the other agents where SSM has never heard of one host', async () => {
    ssm
      .on(DescribeInstanceInformationCommand)
      .callsFake((input) =>
        input.Filters === undefined
          ? Promise.resolve({ InstanceInformationList: [{ InstanceId: 'i-1', AgentVersion: '3.3.1.0' }] })
          : Promise.reject(thrown('InvalidInstanceId')),
      );

    const { agents } = await inspect(['i-1', 'i-2']);
    expect(agents).toEqual({ kind: 'seen', value: { 'i-1': { version: '3.3.1.0', lastPingAt: null } } });
  });

  it('describes the parameters of the secrets and reads none, over empty pages too', async () => {
    ssm.on(DescribeParametersCommand).callsFake((input) =>
      input.NextToken === undefined
        ? { Parameters: [], NextToken: 'more' }
        : {
            Parameters: [
              { Name: '/payment/prod/AMQP_PASS', Type: 'SecureString', KeyId: 'alias/rollgate-payment-prod' },
            ],
          },
    );

    const { parameters } = await inspect([], ['/payment/prod/AMQP_PASS', '/payment/prod/OTHER']);
    expect(parameters).toEqual({
      kind: 'seen',
      value: { '/payment/prod/AMQP_PASS': { type: 'SecureString', keyId: 'alias/rollgate-payment-prod' } },
    });
    expect(ssm.commandCalls(DescribeParametersCommand)[0]?.args[0].input.ParameterFilters).toEqual([
      { Key: 'Name', Option: 'Equals', Values: ['/payment/prod/AMQP_PASS', '/payment/prod/OTHER'] },
    ]);
  });
});
