import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseStageDirectory, settingsFromEnvironment } from '../../clients/aws/aws-settings.ts';
import { documentName, functionName, stackName, stageDirectoryParameter } from '../../core/model/names.ts';
import type { EndState } from '../../core/model/statuses.ts';
import { hostDocuments } from '../../core/model/statuses.ts';
import { listZip } from '../../core/release/zip-listing.ts';
import { buildDocuments } from '../../infra/documents/build-documents.ts';
import { eventFunctions, stepFunctions } from '../../local/engine/functions.ts';
import { type Definition, lambdaCallOf, statesOf } from '../../local/state-machine/definition.ts';
import { evaluate } from './stack/evaluate.ts';
import { type PackagedStack, packagedStack, type Resource } from './stack/packaged-stack.ts';

const megabyte = 1_000_000;
const packageMilliseconds = 300_000;
const functionKeys = [...Object.keys(stepFunctions), ...Object.keys(eventFunctions)];
const definition = readFileSync('state-machine/rollout.asl.json', 'utf8');

let stack: PackagedStack;
beforeAll(async () => {
  stack = await packagedStack();
}, packageMilliseconds);

const resource = (logicalId: string): Resource => {
  const found = stack.template.Resources[logicalId];
  if (found === undefined) throw new Error(`the stack has no ${logicalId}`);
  return found;
};
const ofType = (type: string) => Object.entries(stack.template.Resources).filter(([, each]) => each.Type === type);
const lambdaOf = (key: string) => resource(`${key}LambdaFunction`).Properties;

describe('what runs', () => {
  test('the documents are those that the engine runs, byte for byte', () => {
    const built = buildDocuments();

    for (const kind of hostDocuments) {
      const logicalId = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Document`;
      const { Content: content, ...settings } = resource(logicalId).Properties;
      expect(JSON.stringify(content)).toBe(built[kind]);
      expect(evaluate(settings)).toEqual({
        Name: documentName('payment', 'dev', kind),
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
        TargetType: '/AWS::EC2::Instance',
        UpdateMethod: 'NewVersion',
      });
    }
  });

  test('the state machine is the one that the engine runs, byte for byte, and calls published versions', () => {
    const { Properties: machine } = resource('StateMachine');

    expect(machine.DefinitionString).toBe(definition);
    expect(evaluate(machine.StateMachineName)).toBe(stackName('payment', 'dev'));
    const called = machine.DefinitionSubstitutions as Readonly<Record<string, { readonly Ref: string }>>;
    expect(Object.keys(called)).toEqual(Object.keys(stepFunctions).sort());
    for (const [key, { Ref: version }] of Object.entries(called)) {
      expect(resource(version)).toMatchObject({
        Type: 'AWS::Lambda::Version',
        Properties: { FunctionName: { Ref: `${key}LambdaFunction` } },
      });
    }
  });

  test('every function is there under its name, on Node 24 and arm64, with its own role', () => {
    expect(ofType('AWS::Lambda::Function').map(([logicalId]) => logicalId)).toEqual(
      expect.arrayContaining(functionKeys.map((key) => `${key}LambdaFunction`)),
    );
    expect(ofType('AWS::Lambda::Function')).toHaveLength(functionKeys.length);
    for (const key of functionKeys) {
      expect(evaluate(lambdaOf(key))).toMatchObject({
        FunctionName: functionName('payment', 'dev', key),
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Role: `<${key}Role.Arn>`,
      });
    }
  });

  test('a step is over before its state gives it up or asks for a sign of life', () => {
    for (const [name, state] of statesOf(JSON.parse(definition) as Definition)) {
      const call = lambdaCallOf(state);
      const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state as unknown as Record<string, number>;
      const seconds = Math.min(timeout ?? Number.POSITIVE_INFINITY, heartbeat ?? Number.POSITIVE_INFINITY);
      if (call !== undefined) {
        expect(lambdaOf(call.functionName).Timeout, name).toBeLessThan(seconds);
      }
    }
  });

  test('a bundle is one file below 1 MB', async () => {
    expect(Object.keys(stack.zips).sort()).toEqual(functionKeys.map((key) => `${key}.zip`).sort());
    for (const [name, zip] of Object.entries(stack.zips)) {
      const files = await listZip(zip, 10);
      expect(files, name).toHaveLength(1);
      expect(files[0]?.uncompressedBytes, name).toBeLessThan(megabyte);
      expect(zip.byteLength, name).toBeLessThan(megabyte);
    }
  });
});

describe('where it finds the rest', () => {
  const settings = {
    service: 'payment',
    stage: 'dev',
    region: 'eu-west-1',
    accountId: '123456789012',
    stateBucket: 'rollgate-payment-dev-state-123456789012-eu-west-1',
    artifactBucket: 'rollgate-payment-dev-artifacts-123456789012-eu-west-1',
    artifactKey: 'payment.zip',
    stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-dev',
  };

  test('a function reads its settings from its environment', () => {
    for (const key of functionKeys) {
      const { Variables: variables } = evaluate(lambdaOf(key).Environment) as { Variables: Record<string, string> };
      expect(settingsFromEnvironment({ ...variables, AWS_REGION: 'eu-west-1' })).toEqual(settings);
    }
  });

  test('the command line reads them from the stage directory, with the version that was deployed', () => {
    const { Name: name, Value: value } = evaluate(resource('StageDirectory').Properties, {
      StateMachine: settings.stateMachineArn,
    }) as Record<string, string>;
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

    expect(name).toBe(stageDirectoryParameter('payment', 'dev'));
    expect(parseStageDirectory(name ?? '', value ?? '')).toEqual({ ...settings, version });
  });

  test('people read from the outputs what to type', () => {
    const { Outputs: outputs } = stack.template;

    expect(evaluate(outputs['UploadCommand']?.Value)).toBe(
      `aws s3 cp payment.zip s3://${settings.artifactBucket}/payment.zip`,
    );
    expect(evaluate(outputs['StateBucket']?.Value)).toBe(settings.stateBucket);
    expect(Object.values(outputs).filter((output) => output.Export !== undefined)).toEqual([]);
  });
});

describe('what wakes it', () => {
  const patternOf = (logicalId: string) =>
    evaluate(resource(logicalId).Properties.EventPattern, {
      StateMachine: 'arn-of-machine',
      InstallDocument: 'install',
      ActivateDocument: 'activate',
      VerifyDocument: 'verify',
      SettleDocument: 'settle',
    });

  test('an upload of exactly the artifact', () => {
    expect(patternOf('ArtifactUploadedRule')).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: ['rollgate-payment-dev-artifacts-123456789012-eu-west-1'] },
        object: { key: ['payment.zip'] },
      },
    });
  });

  test('what operators say to this service', () => {
    expect(patternOf('ControlWrittenRule')).toEqual({
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: ['rollgate-payment-dev-state-123456789012-eu-west-1'] },
        object: { key: [{ prefix: 'rollgate/payment/control/' }] },
      },
    });
  });

  test('the end of a command of ours, of an execution of ours, an instance, and the clock', () => {
    expect(patternOf('CommandStatusRule')).toMatchObject({
      source: ['aws.ssm'],
      'detail-type': ['EC2 Command Invocation Status-change Notification'],
      detail: { 'document-name': ['install', 'activate', 'verify', 'settle'] },
    });
    expect(patternOf('ExecutionStatusRule')).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: ['arn-of-machine'] },
    });
    expect(patternOf('InstanceRunningRule')).toEqual({
      source: ['aws.ec2'],
      'detail-type': ['EC2 Instance State-change Notification'],
      detail: { state: ['running'] },
    });
    expect(resource('SweepRule').Properties.ScheduleExpression).toBe('rate(5 minutes)');
  });

  test('each rule alone may call its function, and what fails is kept on both sides of Lambda', () => {
    const deadLetters = { 'Fn::GetAtt': ['DeadLetters', 'Arn'] };
    const rules = ofType('AWS::Events::Rule');
    const called = rules.map(([logicalId, rule]) => {
      const [target, ...more] = rule.Properties.Targets;
      expect(more, logicalId).toEqual([]);
      expect(target.DeadLetterConfig, logicalId).toEqual({ Arn: deadLetters });
      expect(target.RetryPolicy, logicalId).toBeDefined();
      const lambda = target.Arn['Fn::GetAtt'][0];
      expect(ofType('AWS::Lambda::Permission').map(([, each]) => each.Properties)).toContainEqual({
        FunctionName: { Ref: lambda },
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': [logicalId, 'Arn'] },
      });
      return lambda;
    });
    const kept = ofType('AWS::Lambda::EventInvokeConfig').map(([logicalId, { Properties: each }]) => {
      expect(each.DestinationConfig, logicalId).toEqual({ OnFailure: { Destination: deadLetters } });
      return each.FunctionName.Ref;
    });

    expect(called.sort()).toEqual(
      Object.keys(eventFunctions)
        .map((key) => `${key}LambdaFunction`)
        .sort(),
    );
    expect(kept.sort()).toEqual(called);
    expect(ofType('AWS::Lambda::Permission')).toHaveLength(rules.length);
  });
});

describe('what it keeps', () => {
  test('buckets are private, versioned, encrypted, take TLS alone, and tell EventBridge', () => {
    const policies = ofType('AWS::S3::BucketPolicy').map(([, each]) => evaluate(each.Properties));
    for (const logicalId of ['StateBucket', 'ArtifactBucket']) {
      const { Properties: bucket } = resource(logicalId);
      expect(bucket).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      });
    }
    for (const bucket of [evaluate(resource('StateBucket').Properties.BucketName), '<ArtifactBucket>']) {
      expect(policies).toContainEqual({
        Bucket: bucket,
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            expect.objectContaining({
              Effect: 'Deny',
              Principal: '*',
              Action: 's3:*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ],
        },
      });
    }
  });

  test('only the state bucket stays when the stack is deleted; versions of a function go with the function', () => {
    const kept = Object.entries(stack.template.Resources)
      .filter(([, each]) => each.DeletionPolicy === 'Retain' && each.Type !== 'AWS::Lambda::Version')
      .map(([logicalId]) => logicalId);

    expect(kept.sort()).toEqual(['StateBucket', 'StateBucketPolicy']);
  });

  test('no resource refers to the state bucket, which may be left out', () => {
    const others = Object.entries(stack.template.Resources).filter(
      ([logicalId]) => !logicalId.startsWith('StateBucket'),
    );

    expect(JSON.stringify([others, stack.template.Outputs])).not.toMatch(
      /"Ref":"StateBucket|"Fn::GetAtt":\["StateBucket|\$\{StateBucket/,
    );
  });

  test('every log ends some day, and the one of the machine has no payloads', () => {
    const groups = ofType('AWS::Logs::LogGroup').map(([, each]) => evaluate(each.Properties));

    expect(groups).toEqual(
      expect.arrayContaining([
        ...functionKeys.map((key) => ({
          LogGroupName: `/aws/lambda/${functionName('payment', 'dev', key)}`,
          RetentionInDays: 90,
        })),
        { LogGroupName: '/aws/vendedlogs/states/rollgate-payment-dev', RetentionInDays: 90 },
      ]),
    );
    expect(groups).toHaveLength(functionKeys.length + 1);
    expect(resource('StateMachine').Properties.LoggingConfiguration).toMatchObject({
      Level: 'ERROR',
      IncludeExecutionData: false,
    });
  });
});

describe('what people hear of', () => {
  const alarms = () => ofType('AWS::CloudWatch::Alarm').map(([, { Properties: each }]) => each);

  test('every alarm is said to the topic, and silence is no alarm', () => {
    expect(
      alarms()
        .map((alarm) => evaluate(alarm.AlarmName))
        .sort(),
    ).toEqual([
      'rollgate-payment-dev-dead-letters',
      'rollgate-payment-dev-failed-dirty',
      'rollgate-payment-dev-repair-errors',
      'rollgate-payment-dev-sweep-errors',
      'rollgate-payment-dev-upload-errors',
    ]);
    for (const alarm of alarms()) {
      expect(alarm).toMatchObject({ AlarmActions: [{ Ref: 'AlarmTopic' }], TreatMissingData: 'notBreaching' });
    }
  });

  test('the line that a deployment ends with counts where hosts were left half-way', () => {
    const { FilterPattern: pattern, ...filter } = resource('FailedDirtyCount').Properties;
    const [metric] = filter.MetricTransformations;
    const dirty: EndState = 'FailedDirty';

    expect(pattern).toBe(`{ $.function = "finish-deployment" && $.outcome = "${dirty}" }`);
    expect(filter.LogGroupName).toEqual({ Ref: 'FinishDeploymentLogGroup' });
    expect(resource('FailedDirtyAlarm').Properties).toMatchObject({
      Namespace: metric.MetricNamespace,
      MetricName: metric.MetricName,
    });
  });
});
