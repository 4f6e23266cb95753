import {
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { type BucketSettings, deployedBuckets } from '../../clients/aws/deployed-buckets.ts';
import { adoptStateBucket } from '../../infra/plugin/adopt-state-bucket.ts';
import { emptyArtifactBucket } from '../../infra/plugin/empty-artifact-bucket.ts';
import { pinFunctionVersions } from '../../infra/plugin/pin-function-versions.ts';
import { resolveNames } from '../../infra/plugin/resolve-names.ts';
import RollgatePlugin from '../../infra/plugin/rollgate-plugin.ts';
import type { Provider, Serverless, StackResource, Template } from '../../infra/plugin/serverless.ts';
import { settingsProblems } from '../../infra/plugin/settings-problems.ts';

const stateBucket = 'rollgate-payment-prod-state-123456789012-eu-west-1';

/** A stack that is deployed with these resources; none at all: there is no such stack. */
function givenProvider(...resources: readonly StackResource[]): Provider {
  return {
    getStage: () => 'prod',
    getRegion: () => 'eu-west-1',
    getAccountId: async () => '123456789012',
    getStackResources: async () => {
      if (resources.length === 0) throw new Error('Stack with id rollgate-payment-prod does not exist');
      return resources;
    },
    naming: { getStackName: () => 'rollgate-payment-prod' },
  };
}

const given = (logicalId: string, status = 'CREATE_COMPLETE'): StackResource => ({
  LogicalResourceId: logicalId,
  PhysicalResourceId: `name-of-${logicalId}`,
  ResourceStatus: status,
});

const name = { 'Fn::Sub': `\${AWS::StackName}-state-\${AWS::AccountId}-\${AWS::Region}` };
const settings = {
  VersioningConfiguration: { Status: 'Enabled' },
  BucketEncryption: {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  },
  PublicAccessBlockConfiguration: { BlockPublicAcls: true },
  OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  LifecycleConfiguration: {
    Rules: [
      {
        Id: 'parked',
        Status: 'Enabled',
        Prefix: 'rollgate/parked/',
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        ExpiredObjectDeleteMarker: true,
      },
    ],
  },
};

const givenTemplate = (): Template => ({
  Resources: {
    StateBucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: name, ...settings } },
    StateBucketPolicy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: name,
        PolicyDocument: {
          Statement: [{ Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::\${AWS::StackName}/*` } }],
        },
      },
    },
    DeadLetters: { Type: 'AWS::SQS::Queue' },
  },
});

describe('the state bucket', () => {
  /** Adopts in an account where the bucket exists or not; tells what is left, what was set up and what was said. */
  async function adopt(provider: Provider, isThere: boolean) {
    const template = givenTemplate();
    const setUp: (readonly [string, BucketSettings])[] = [];
    const said: string[] = [];
    await adoptStateBucket(
      template,
      provider,
      {
        exists: async (bucket, accountId) => isThere && bucket === stateBucket && accountId === '123456789012',
        setUp: async (bucket, wanted) => {
          setUp.push([bucket, wanted]);
        },
      },
      (line) => said.push(line),
    );
    return { left: Object.keys(template.Resources), setUp, said };
  }

  test('a first deployment makes it', async () => {
    expect(await adopt(givenProvider(), false)).toEqual({
      left: ['StateBucket', 'StateBucketPolicy', 'DeadLetters'],
      setUp: [],
      said: [],
    });
  });

  test('a later deployment leaves to the stack what is its own', async () => {
    const { left, setUp } = await adopt(givenProvider(given('StateBucket'), given('DeadLetters')), true);

    expect(left).toEqual(['StateBucket', 'StateBucketPolicy', 'DeadLetters']);
    expect(setUp).toEqual([]);
  });

  const adopted = {
    left: ['DeadLetters'],
    setUp: [
      [
        stateBucket,
        {
          versioning: { Status: 'Enabled' },
          encryption: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
          publicAccessBlock: { BlockPublicAcls: true },
          ownership: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
          lifecycle: [
            {
              ID: 'parked',
              Status: 'Enabled',
              Filter: { Prefix: 'rollgate/parked/' },
              NoncurrentVersionExpiration: { NoncurrentDays: 7 },
              Expiration: { ExpiredObjectDeleteMarker: true },
            },
          ],
          policy: '{"Statement":[{"Resource":"arn:aws:s3:::rollgate-payment-prod/*"}]}',
        },
      ],
    ],
    said: [`Adopting the state bucket ${stateBucket}: it is there already and stays outside of the stack.`],
  };

  test('one that an earlier stack left behind is adopted: out of the template, with the settings of the template', async () => {
    expect(await adopt(givenProvider(), true)).toEqual(adopted);
  });

  test('it stays outside at every later deployment', async () => {
    expect(await adopt(givenProvider(given('DeadLetters')), true)).toEqual(adopted);
  });

  test('one whose making failed is not taken for the own', async () => {
    expect(await adopt(givenProvider(given('StateBucket', 'CREATE_FAILED')), true)).toEqual(adopted);
  });

  test('a stack that cannot be looked at stops the deployment', async () => {
    const provider = { ...givenProvider(), getStackResources: () => Promise.reject(new Error('AccessDenied')) };

    await expect(adopt(provider, true)).rejects.toThrow('AccessDenied');
  });
});

describe('the artifact bucket', () => {
  async function remove(...resources: readonly StackResource[]) {
    const emptied: string[] = [];
    const said: string[] = [];
    await emptyArtifactBucket(
      givenProvider(...resources),
      {
        empty: async (bucket) => {
          emptied.push(bucket);
          return 3;
        },
      },
      (line) => said.push(line),
    );
    return { emptied, said };
  }

  test('the stack’s own is emptied before it goes, and that is said', async () => {
    expect(await remove(given('ArtifactBucket'), given('StateBucket'))).toEqual({
      emptied: ['name-of-ArtifactBucket'],
      said: [
        'Emptying the artifact bucket name-of-ArtifactBucket, which goes with the stack; released zips stay in the state bucket.',
        'Versions of uploads deleted: 3.',
      ],
    });
  });

  test('one that was there before the stack is not touched, nor is anything without a stack', async () => {
    expect(await remove(given('StateBucket'))).toEqual({ emptied: [], said: [] });
    expect(await remove()).toEqual({ emptied: [], said: [] });
  });

  test('a stack that is protected from deletion keeps its uploads', async () => {
    const guard = { ensureStackIsNotDeletionProtected: () => Promise.reject(new Error('deletion protection')) };
    const serverless = {
      getProvider: () => givenProvider(given('ArtifactBucket')),
      pluginManager: { getPlugins: () => [{}, guard] },
    } as unknown as Serverless;
    const plugin = RollgatePlugin(serverless, {}, { log: { notice: () => {} } });

    await expect(plugin.hooks['before:remove:remove']()).rejects.toThrow('deletion protection');
  });
});

describe('calls of S3', () => {
  const s3 = mockClient(S3Client);
  const buckets = deployedBuckets({ region: 'eu-west-1' });
  beforeEach(() => {
    s3.reset();
  });
  const answer = (status: number) =>
    new S3ServiceException({ name: 'x', $fault: 'client', $metadata: { httpStatusCode: status }, message: 'no' });

  test('a bucket that is not there is no error, one of another account is', async () => {
    s3.on(HeadBucketCommand).rejectsOnce(answer(404)).rejectsOnce(answer(403)).rejectsOnce(answer(500)).resolves({});

    expect(await buckets.exists('b', '123456789012')).toBe(false);
    await expect(buckets.exists('b', '123456789012')).rejects.toThrow(
      'bucket b: it belongs to another account, or you may not look at it; deploy with s3:ListBucket on it',
    );
    await expect(buckets.exists('b', '123456789012')).rejects.toThrow('no');
    expect(await buckets.exists('b', '123456789012')).toBe(true);
    expect(s3.commandCalls(HeadBucketCommand)[0]?.args[0].input).toEqual({
      Bucket: 'b',
      ExpectedBucketOwner: '123456789012',
    });
  });

  test('events are turned on beside the notifications that are there', async () => {
    const queues = [{ QueueArn: 'arn', Events: ['s3:ObjectCreated:Put' as const] }];
    s3.on(GetBucketNotificationConfigurationCommand).resolves({ QueueConfigurations: queues });

    await buckets.setUp('b', {
      versioning: { Status: 'Enabled' },
      encryption: { Rules: [] },
      publicAccessBlock: {},
      ownership: { Rules: [] },
      lifecycle: [],
      policy: '{}',
    });

    expect(s3.commandCalls(PutBucketNotificationConfigurationCommand)[0]?.args[0].input).toEqual({
      Bucket: 'b',
      NotificationConfiguration: { QueueConfigurations: queues, EventBridgeConfiguration: {} },
    });
  });

  test('all pages of versions and delete markers are deleted, and a refusal is an error', async () => {
    s3.on(ListObjectVersionsCommand)
      .resolvesOnce({ Versions: [{ Key: 'a', VersionId: '1' }], DeleteMarkers: [{ Key: 'a', VersionId: '2' }] })
      .resolvesOnce({ Versions: [{ Key: 'b', VersionId: '3' }] })
      .resolves({});
    s3.on(DeleteObjectsCommand).resolves({});

    expect(await buckets.empty('b')).toBe(3);

    s3.on(ListObjectVersionsCommand).resolves({ Versions: [{ Key: 'a', VersionId: '1' }] });
    s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'a', Message: 'Access Denied' }] });
    await expect(buckets.empty('b')).rejects.toThrow('bucket b: a could not be deleted: Access Denied');
  });
});

describe('what people give', () => {
  const problemsOf = (stage: string, region: string, service: string, givenArtifactBucket = '') =>
    settingsProblems({
      getProvider: () => ({ ...givenProvider(), getStage: () => stage, getRegion: () => region }),
      service: { custom: { rollgate: { service, givenArtifactBucket } } },
      serviceDir: process.cwd(),
    } as unknown as Serverless);

  test.each([
    ['prod', 'eu-west-1', 'payment', 'roboshop-builds', []],
    [
      'local',
      'eu-west-1',
      'payment',
      '',
      ['--stage: local is the embedded engine (npm start); choose another name, such as dev or prod'],
    ],
    ['Prod', 'eu-west-1', 'payment', '', ['--stage: Prod must be the name of a stage, such as prod']],
    ['prod', 'Ireland', 'payment', '', ['--region: Ireland is no region of AWS, such as eu-west-1']],
    [
      'prod',
      'eu-west-1',
      'cart',
      '',
      ['--param service: there is no services/cart.yml; write it first, services/payment.yml is an example'],
    ],
    ['prod', 'eu-west-1', '../x', '', ['--param service: ../x must be the name of a service, such as payment']],
    [
      'prod',
      'eu-west-1',
      'payment',
      's3://builds',
      ['--param artifactBucket: s3://builds cannot be the name of a bucket'],
    ],
    [
      'a-long-name-of-a-stage',
      'ap-southeast-2',
      'payment',
      '',
      [
        '--stage: a-long-name-of-a-stage, payment and ap-southeast-2 make bucket names 14 too long; choose a shorter stage',
      ],
    ],
  ])('%s %s %s %s', (stage, region, service, bucket, problems) => {
    expect(problemsOf(stage, region, service, bucket)).toEqual(problems);
  });
});

test('a definition that calls a function which the stack does not have is refused', () => {
  const template: Template = {
    Resources: {
      Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString: `"\${Gone}"` } },
    },
  };

  expect(() => pinFunctionVersions(template, {})).toThrow(
    `Machine: its definition calls \${Gone}, but serverless.yml has no function Gone with a published version`,
  );
});

test('names that only CloudFormation knows are refused where the bucket is adopted', () => {
  const place = { accountId: '1', region: 'cn-north-1', stackName: 's' };

  expect(resolveNames({ 'Fn::Sub': `\${AWS::Partition}` }, place)).toBe('aws-cn');
  expect(() => resolveNames({ a: [{ Ref: 'Topic' }] }, place)).toThrow(
    'Ref cannot be resolved outside of CloudFormation',
  );
  expect(() => resolveNames({ 'Fn::Sub': `\${Topic}` }, place)).toThrow('cannot be resolved outside of CloudFormation');
});
