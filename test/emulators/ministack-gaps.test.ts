import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { callEmulator } from './call-emulator.ts';
import { startMiniStack } from './ministack.ts';
import { miniStackGaps } from './ministack-gaps.ts';
import { createProbeKit } from './probe-kit.ts';
import { useEmulator } from './use-emulator.ts';

const emulator = useEmulator(startMiniStack);
const account = '000000000000';
const { arnOfQueue, call, query, makeQueue, received, listenTo, run } = createProbeKit(emulator, account);
const Bucket = 'rollgate-gaps';

/** Each shows what MiniStack does. A gap that closed fails here: then the table has a line too many. */
const probes: Readonly<Record<keyof typeof miniStackGaps, () => Promise<void>>> = {
  async heartbeat() {
    const waiting = await waitingTask();

    expect((await run('heartbeat', { Wait: { ...waiting, HeartbeatSeconds: 1 } }))['status']).toBe('RUNNING');
  },
  async timeoutPath() {
    const waiting = await waitingTask();
    const byInput = { Wait: { ...waiting, TimeoutSecondsPath: '$.seconds' } };

    expect((await run('path', byInput, { seconds: 1 }))['status']).toBe('RUNNING');
    expect(await run('number', { Wait: { ...waiting, TimeoutSeconds: 1 } })).toMatchObject({ error: 'States.Timeout' });
  },
  async machineTimeout() {
    const wait = { Wait: { Type: 'Wait', Seconds: 2, End: true } };

    expect((await run('timeout', wait, {}, { TimeoutSeconds: 1 }))['status']).toBe('SUCCEEDED');
  },
  async redrive() {
    const failed = await run('redrive', { Failed: { Type: 'Fail', Error: 'GateFailedError' } });
    expect(failed['status']).toBe('FAILED');

    const { executionArn } = failed;
    const redriven = await callEmulator(emulator().endpoint, 'AWSStepFunctions.RedriveExecution', { executionArn });

    expect(redriven).toMatchObject({ status: 400, body: { __type: 'InvalidAction' } });
  },
  async mapChildren() {
    const child = { Type: 'Pass', Parameters: { 'id.$': '$$.Execution.Id' }, End: true };

    const ended = await run('children', { Each: distributed({ Child: child }) }, { items: [1, 2] });

    expect(JSON.parse(ended['output'] ?? '')).toEqual(Array(2).fill({ id: ended['executionArn'] }));
  },
  async mapFailure() {
    const queue = await makeQueue('items');
    const told = { QueueUrl: queue, MessageBody: { 'item.$': '$' } };
    const states = {
      Choose: { Type: 'Choice', Choices: [{ Variable: '$', NumericEquals: 1, Next: 'Failed' }], Default: 'Tell' },
      Tell: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: told, End: true },
      Failed: { Type: 'Fail', Error: 'HostLost' },
    };

    const ended = await run('failure', { Each: distributed(states) }, { items: [1, 2, 3] });

    expect(ended['status']).toBe('FAILED');
    expect(await received(queue, 2)).toHaveLength(2);
  },
  async stateSize() {
    const grow = { Type: 'Pass', Parameters: { 'one.$': '$.text', 'two.$': '$.text' }, End: true };

    const ended = await run('size', { Grow: grow }, { text: 'x'.repeat(200_000) });

    expect(ended['status']).toBe('SUCCEEDED');
    expect(ended['output']?.length).toBeGreaterThan(256 * 1024);
  },
  async documentResource() {
    const Content = { schemaVersion: '2.2', mainSteps: [] };
    const Document = { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Command', Content } };
    const TemplateBody = JSON.stringify({ Resources: { Document } });

    const answer = await query('cloudformation', '2010-05-15', 'CreateStack', { StackName: 'documents', TemplateBody });

    expect(answer).toContain('Unrecognized resource types: [AWS::SSM::Document]');
  },
  async instanceEvents() {
    const queue = await listenTo('aws.ec2');
    const image = { ImageId: 'ami-0abcdef1234567890', MinCount: '1', MaxCount: '1' };

    expect(await query('ec2', '2016-11-15', 'RunInstances', image)).toContain('<instanceId>i-');

    expect(await received(queue, 1)).toEqual([]);
  },
  async uploadVersion() {
    const queue = await listenTo('aws.s3');
    const s3 = await makeBucket();

    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'payment.zip', Body: 'zip' }));

    expect(VersionId).toMatch(/./);
    const [event = ''] = await received(queue, 1);
    expect(JSON.parse(event).detail.object).toEqual({
      key: 'payment.zip',
      size: 3,
      etag: 'adcdbd79a8d84175c229b192aadc02f2',
      sequencer: expect.stringMatching(/^[0-9A-F]{16,18}$/),
    });
  },
  async deadLetters() {
    const dead = await makeQueue('dead');
    const target = {
      Id: 'target',
      Arn: `arn:aws:lambda:eu-west-1:${account}:function:nobody`,
      DeadLetterConfig: { Arn: arnOfQueue('dead') },
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    };
    await call('AWSEvents.PutRule', { Name: 'lost', EventPattern: JSON.stringify({ source: ['lost'] }) });
    await call('AWSEvents.PutTargets', { Rule: 'lost', Targets: [target] });

    await call('AWSEvents.PutEvents', { Entries: [{ Source: 'lost', DetailType: 'test', Detail: '{}' }] });

    expect(await received(dead, 1)).toEqual([]);
  },
  async metricFilters() {
    const where = { logGroupName: 'lines', logStreamName: 'one' };
    const metric = { metricName: 'Dirty', metricNamespace: 'Rollgate', metricValue: '1' };
    await call('Logs_20140328.CreateLogGroup', { logGroupName: 'lines' });
    await call('Logs_20140328.CreateLogStream', where);
    const filter = { filterName: 'dirty', filterPattern: '{ $.outcome = "FailedDirty" }' };
    const filtered = { logGroupName: 'lines', ...filter, metricTransformations: [metric] };
    await call('Logs_20140328.PutMetricFilter', filtered);
    const line = { timestamp: Date.now(), message: '{"level":"info","outcome":"FailedDirty"}' };

    await call('Logs_20140328.PutLogEvents', { ...where, logEvents: [line] });

    await delay(1000);
    const known = await call('GraniteServiceVersion20100801.ListMetrics', { Namespace: 'Rollgate' });
    expect(known['Metrics'] ?? []).toEqual([]);
  },
  async policies() {
    const s3 = await makeBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'secret.zip', Body: 'zip' }));
    const everything = { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [everything] });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));

    const read = await s3.send(new GetObjectCommand({ Bucket, Key: 'secret.zip' }));

    expect(await read.Body?.transformToString()).toBe('zip');
  },
};

test.for(Object.entries(miniStackGaps))('MiniStack has the gap %s still', async ([name]) => {
  await fetch(`${emulator().endpoint}/_ministack/reset`, { method: 'POST' });
  await probes[name as keyof typeof probes]();
});

/** A task whose token nobody answers. */
async function waitingTask() {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Parameters: { QueueUrl: await makeQueue('tokens'), MessageBody: { 'token.$': '$$.Task.Token' } },
    End: true,
  };
}

function distributed(states: Readonly<Record<string, unknown>>) {
  const ProcessorConfig = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
  const [StartAt] = Object.keys(states);
  const ItemProcessor = { ProcessorConfig, StartAt, States: states };
  return { Type: 'Map', ItemsPath: '$.items', MaxConcurrency: 1, ItemProcessor, End: true };
}

/** With versions, and its events to EventBridge. */
async function makeBucket(): Promise<S3Client> {
  const s3 = new S3Client({ region: 'eu-west-1', endpoint: emulator().endpoint, forcePathStyle: true });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  return s3;
}
