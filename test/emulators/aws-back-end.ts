import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeSubnetsCommand,
  EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateDocumentCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createAwsPorts } from '../../clients/aws/aws-ports.ts';
import type { AwsSettings } from '../../clients/aws/aws-settings.ts';
import type { Ports } from '../../clients/ports.ts';
import { documentName, stateMachineName } from '../../core/model/names.ts';
import { hostDocuments } from '../../core/model/statuses.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import type { BackEnd, Bench, BenchOptions, GivenInstance } from '../contract/back-end.ts';
import { benchMachine } from '../contract/bench-machine.ts';
import type { CapabilityTable } from '../contract/capabilities.ts';
import { callEmulator } from './call-emulator.ts';
import { startInstanceMetadata } from './instance-metadata.ts';
import { type ProxyRules, startProxy } from './proxy.ts';

export interface AwsBackEndOptions {
  readonly name: string;
  readonly capabilities: CapabilityTable;
  readonly endpoint: () => string;
  readonly accountId: string;
  /** Takes everything out of the emulator. */
  readonly reset: () => Promise<void>;
  /** Of instances; the emulator has to know it. */
  readonly imageId: string;
  /** What a server in front of the emulator answers in its place. */
  readonly answer?: NonNullable<ProxyRules['answer']>;
}

const region = 'eu-west-1';
const service = 'payment';
const stage = 'prod';
/** What an answer holds where pages are made small. */
const pageSize = 5;

const errorsOfPayment = {
  ...{
    Namespace: 'Shop',
    MetricName: 'Errors',
    Statistic: 'Sum' as const,
    Period: 60,
    EvaluationPeriods: 5,
    Threshold: 5,
  },
  ComparisonOperator: 'GreaterThanThreshold',
} as const;

const document = JSON.stringify({
  schemaVersion: '2.2',
  description: 'Says what it was told.',
  parameters: { releaseId: { type: 'String', allowedPattern: '^v[0-9]+$' } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'go', inputs: { runCommand: ['echo settle {{ releaseId }}'] } }],
});

/** The adapters of `clients/aws/`, the same that Lambdas have, against an emulator. */
export function createAwsBackEnd(options: AwsBackEndOptions): BackEnd {
  return { name: options.name, capabilities: options.capabilities, open: (bench) => open(options, bench) };
}

async function open(
  options: AwsBackEndOptions,
  { artifactKey = 'payment.zip', isVersioned = true }: BenchOptions = {},
) {
  await options.reset();
  const endpoint = options.endpoint();
  const config = { region, endpoint, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const ec2 = new EC2Client(config);
  const ssm = new SSMClient(config);
  const sfn = new SFNClient(config);
  const elb = new ElasticLoadBalancingV2Client(config);
  const cloudWatch = new CloudWatchClient(config);
  const settings: AwsSettings = {
    service,
    stage,
    region,
    accountId: options.accountId,
    stateBucket: 'rollgate-payment-prod-state',
    artifactBucket: 'roboshop-builds',
    artifactKey,
    stateMachineArn: `arn:aws:states:${region}:${options.accountId}:stateMachine:${stateMachineName(service, stage)}`,
  };
  const Bucket = settings.artifactBucket;
  await makeBucket(s3, settings.stateBucket, true);
  await makeBucket(s3, Bucket, isVersioned);
  const queueUrl = await makeStateMachine(sfn, endpoint, settings);
  const made = await makeDocuments(ssm);
  const open: { close(): Promise<void> }[] = [];

  async function portsThrough(rules: ProxyRules): Promise<Ports> {
    const proxy = await startProxy(endpoint, {
      ...(options.answer === undefined ? {} : { answer: options.answer }),
      ...rules,
    });
    open.push(proxy);
    return createAwsPorts(settings, { endpoint: proxy.endpoint });
  }

  const bench: Bench = {
    ports: options.answer === undefined ? createAwsPorts(settings, { endpoint }) : await portsThrough({}),
    artifactKey,
    ...made,
    async putInArtifactBucket(key, body) {
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }));
    },
    async deleteArtifact() {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: artifactKey }));
    },
    async deleteArtifactVersion(versionId) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: artifactKey, VersionId: versionId }));
    },
    launch: (instances) => launch(ec2, options.imageId, instances),
    async stopInstance(instanceId) {
      await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
    },
    async terminateInstance(instanceId) {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
    },
    makeTargetGroup: () => makeTargetGroup(elb, ec2),
    tokenOf: (executionArn) => tokenOf(endpoint, queueUrl, executionArn),
    async portsThatLoseAnswers(how) {
      let lost = 0;
      const isLost: ProxyRules['isLost'] = ({ method }) => {
        const isStruck = method === 'PUT' && (how === 'always' || lost === 0);
        lost += isStruck ? 1 : 0;
        return isStruck;
      };
      return { ports: await portsThrough({ isLost }), lost: () => lost };
    },
    async portsWithSmallPages() {
      let pages = 0;
      const rewrite: ProxyRules['rewrite'] = ({ method, path, body }) => {
        const isList = method === 'GET' && /[?&](?:list-type=2|versions)(?:[=&]|$)/.test(path);
        pages += isList || body.includes('Action=DescribeInstances') ? 1 : 0;
        return {
          path: isList ? `${path}&max-keys=${pageSize}` : path,
          body: body.replace('MaxResults=1000', `MaxResults=${pageSize}`),
        };
      };
      return { ports: await portsThrough({ rewrite }), pages: () => pages };
    },
    async setAlarm(AlarmName, StateValue, StateReason) {
      await cloudWatch.send(new PutMetricAlarmCommand({ AlarmName, ...errorsOfPayment }));
      await cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason }));
    },
    async putSecret(name, value) {
      await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString', Overwrite: true }));
    },
    async hostEndpoints() {
      const metadata = await startInstanceMetadata();
      open.push(metadata);
      return { S3: endpoint, SSM: endpoint, IMDS: metadata.endpoint };
    },
    async close() {
      for (const client of [s3, ec2, ssm, sfn, elb, cloudWatch]) client.destroy();
      for (const each of open) await each.close();
    },
  };
  return bench;
}

async function makeTargetGroup(elb: ElasticLoadBalancingV2Client, ec2: EC2Client): Promise<string> {
  const Name = 'payment-prod';
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const group = { Name, Protocol: 'HTTP', Port: 8080, VpcId: Subnets[0]?.VpcId, TargetType: 'instance' } as const;
  const { TargetGroups: [made] = [] } = await elb.send(new CreateTargetGroupCommand(group));
  const subnets = Subnets.slice(0, 2).flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId]));
  const { LoadBalancers: [front] = [] } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'front', Subnets: subnets }),
  );
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: front?.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 80,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: made?.TargetGroupArn }],
    }),
  );
  return Name;
}

async function makeBucket(s3: S3Client, Bucket: string, isVersioned: boolean): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  if (isVersioned) {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
}

/** The state machine that every bench has; it puts the tokens of its waiting task into a queue. */
async function makeStateMachine(sfn: SFNClient, endpoint: string, settings: AwsSettings): Promise<string> {
  const made = await callEmulator(endpoint, 'AmazonSQS.CreateQueue', { QueueName: 'tokens' });
  const queueUrl = String(made.body['QueueUrl']);
  const definition = benchMachine({
    Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    Parameters: {
      QueueUrl: queueUrl,
      MessageBody: { 'token.$': '$$.Task.Token', 'executionArn.$': '$$.Execution.Id' },
    },
  });
  await sfn.send(
    new CreateStateMachineCommand({
      name: stateMachineName(service, stage),
      definition: JSON.stringify(definition),
      roleArn: `arn:aws:iam::${settings.accountId}:role/rollgate`,
    }),
  );
  return queueUrl;
}

async function tokenOf(endpoint: string, queueUrl: string, executionArn: string): Promise<string> {
  let token: string | undefined;
  await until(
    `${executionArn} waits for its token`,
    async () => {
      const input = { QueueUrl: queueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 1 };
      const { body } = await callEmulator(endpoint, 'AmazonSQS.ReceiveMessage', input);
      const [message] = (body['Messages'] ?? []) as readonly { readonly Body: string }[];
      const told = message === undefined ? undefined : (JSON.parse(message.Body) as Record<string, string>);
      token = told?.['executionArn'] === executionArn ? told['token'] : token;
      return token !== undefined;
    },
    deadline(60),
  );
  return token ?? '';
}

/** Where the emulator has none, the commands name a version all the same. */
async function makeDocuments(ssm: SSMClient): Promise<{ documentVersion: string; documentHash: string }> {
  let found = { documentVersion: '1', documentHash: '0'.repeat(64) };
  for (const kind of hostDocuments) {
    try {
      const { DocumentDescription } = await ssm.send(
        new CreateDocumentCommand({
          Name: documentName(service, stage, kind),
          Content: document,
          DocumentType: 'Command',
          DocumentFormat: 'JSON',
        }),
      );
      found = { ...found, documentHash: DocumentDescription?.Hash ?? found.documentHash };
    } catch (error) {
      if (error instanceof Error && /^(InvalidAction|UnknownOperationException)$/.test(error.name)) return found;
      throw error;
    }
  }
  return found;
}

/** Equal neighbours come with one call. */
async function launch(
  ec2: EC2Client,
  ImageId: string,
  instances: readonly GivenInstance[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let start = 0, end = 0; start < instances.length; start = end) {
    const [first] = instances.slice(start);
    const shape = JSON.stringify(first);
    for (end = start; end < instances.length && JSON.stringify(instances[end]) === shape; ) end += 1;
    const { tags = {}, zone = 'a' } = first ?? {};
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const input: RunInstancesCommandInput = {
      ImageId,
      MinCount: end - start,
      MaxCount: end - start,
      Placement: { AvailabilityZone: `${region}${zone}` },
      ...(Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'instance', Tags }] }),
    };
    const { Instances = [] } = await ec2.send(new RunInstancesCommand(input));
    ids.push(...Instances.map((instance) => instance.InstanceId ?? ''));
  }
  return ids;
}
