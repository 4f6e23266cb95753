import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { DescribeDocumentCommand, DescribeParametersCommand } from '@aws-sdk/client-ssm';
import type {
  AgentFacts,
  BucketFacts,
  DocumentFacts,
  InspectedStage,
  InstanceFacts,
  Looked,
  ParameterFacts,
} from '../../core/doctor/facts.ts';
import { documentName } from '../../core/model/names.ts';
import type { HostDocument } from '../../core/model/statuses.ts';
import type { StageInspection } from '../stage-inspection.ts';
import { type AwsClients, createAwsClients } from './aws-clients.ts';
import { isDenied, nameOf } from './aws-errors.ts';
import type { StageDirectory } from './aws-settings.ts';
import { type Call, createCall } from './call.ts';
import { everyPage, inParts } from './pages.ts';
import { readAgents } from './ssm-agents.ts';

/** Instance ids in one filter of EC2. */
const ec2FilterSize = 200;

/** Names in one filter, and entries on one page, of DescribeParameters. */
const ssmPageSize = 50;

/** What S3 says of a bucket that is in another region than the one it was asked in. */
const elsewhere: readonly string[] = [
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
];

interface Reach {
  readonly clients: AwsClients;
  readonly call: Call;
  readonly directory: StageDirectory;
}

/** The inspection of a stage on AWS. Makes no call by itself. */
export function createStageInspection(directory: StageDirectory, endpoint?: string): StageInspection {
  const clients = createAwsClients({ region: directory.region, ...(endpoint === undefined ? {} : { endpoint }) });
  const reach: Reach = { clients, call: createCall(() => undefined), directory };
  return {
    async inspect({ instanceIds, parameters }): Promise<InspectedStage> {
      const [stateBucket, artifactBucket, install, activate, verify, settle, inspect] = await Promise.all([
        bucketFacts(reach, directory.stateBucket),
        bucketFacts(reach, directory.artifactBucket),
        documentFacts(reach, 'install'),
        documentFacts(reach, 'activate'),
        documentFacts(reach, 'verify'),
        documentFacts(reach, 'settle'),
        documentFacts(reach, 'inspect'),
      ]);
      const [stateMachine, instances, agents, found] = await Promise.all([
        machineFacts(reach),
        instanceFacts(reach, instanceIds),
        agentFacts(reach, instanceIds),
        parameterFacts(reach, parameters),
      ]);
      const { version, artifactKey } = directory;
      const documents = { install, activate, verify, settle, inspect };
      return {
        version,
        artifactKey,
        stateBucket,
        artifactBucket,
        documents,
        stateMachine,
        instances,
        agents,
        parameters: found,
      };
    },
  };
}

/** What a reading says; not being there and not being allowed are answers. */
async function look<T>(absentNames: readonly string[], read: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { kind: 'seen', value: await read() };
  } catch (error) {
    if (isDenied(error)) {
      return { kind: 'unseen', why: error instanceof Error ? error.message : String(error) };
    }
    if (absentNames.includes(nameOf(error))) {
      return { kind: 'absent' };
    }
    throw error;
  }
}

async function bucketFacts(reach: Reach, name: string): Promise<BucketFacts> {
  try {
    return await bucketHere(reach, name);
  } catch (error) {
    if (elsewhere.includes(nameOf(error))) {
      const nothing = { kind: 'absent' } as const;
      return { isElsewhere: true, versioning: nothing, notifications: nothing, encryption: nothing };
    }
    throw error;
  }
}

async function bucketHere({ clients: { s3 }, call, directory }: Reach, Bucket: string): Promise<BucketFacts> {
  const input = { Bucket, ExpectedBucketOwner: directory.accountId };
  const gone = ['NoSuchBucket', 'NotFound'];
  const [versioning, notifications, encryption] = await Promise.all([
    look(gone, async () => {
      const { Status } = await call('s3:GetBucketVersioning', Bucket, (options) =>
        s3.send(new GetBucketVersioningCommand(input), options),
      );
      return Status ?? ('Disabled' as const);
    }),
    look(gone, async () => {
      const found = await call('s3:GetBucketNotification', Bucket, (options) =>
        s3.send(new GetBucketNotificationConfigurationCommand(input), options),
      );
      const { QueueConfigurations = [], TopicConfigurations = [], LambdaFunctionConfigurations = [] } = found;
      return {
        hasEventBridge: found.EventBridgeConfiguration !== undefined,
        others: QueueConfigurations.length + TopicConfigurations.length + LambdaFunctionConfigurations.length,
      };
    }),
    look(gone, () =>
      call('s3:GetEncryptionConfiguration', Bucket, async (options) => {
        try {
          const found = await s3.send(new GetBucketEncryptionCommand(input), options);
          const [rule] = found.ServerSideEncryptionConfiguration?.Rules ?? [];
          return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'none';
        } catch (error) {
          if (nameOf(error) === 'ServerSideEncryptionConfigurationNotFoundError') {
            return 'none';
          }
          throw error;
        }
      }),
    ),
  ]);
  return { isElsewhere: false, versioning, notifications, encryption };
}

function documentFacts(
  { clients: { ssm }, call, directory }: Reach,
  kind: HostDocument,
): Promise<Looked<DocumentFacts>> {
  const Name = documentName(directory.service, directory.stage, kind);
  return look(['InvalidDocument'], async () => {
    const { Document } = await call('ssm:DescribeDocument', Name, (options) =>
      ssm.send(new DescribeDocumentCommand({ Name }), options),
    );
    return {
      status: Document?.Status ?? 'unknown',
      defaultVersion: Document?.DefaultVersion ?? '',
      latestVersion: Document?.LatestVersion ?? Document?.DefaultVersion ?? '',
    };
  });
}

function machineFacts({ clients: { sfn }, call, directory }: Reach): Promise<Looked<{ readonly status: string }>> {
  const input = { stateMachineArn: directory.stateMachineArn, includedData: 'METADATA_ONLY' } as const;
  return look(['StateMachineDoesNotExist'], async () => {
    const { status } = await call('states:DescribeStateMachine', directory.stateMachineArn, (options) =>
      sfn.send(new DescribeStateMachineCommand(input), options),
    );
    return { status: status ?? 'ACTIVE' };
  });
}

function instanceFacts(
  { clients: { ec2 }, call }: Reach,
  instanceIds: readonly string[],
): Promise<Looked<Readonly<Record<string, InstanceFacts>>>> {
  return look([], async () => {
    const found: Record<string, InstanceFacts> = {};
    for (const Values of inParts(instanceIds, ec2FilterSize)) {
      const Filters = [{ Name: 'instance-id', Values }];
      await everyPage(async (NextToken) => {
        const page = await call('ec2:DescribeInstances', 'the hosts', (options) =>
          ec2.send(new DescribeInstancesCommand({ Filters, ...NextToken }), options),
        );
        for (const { InstanceId, IamInstanceProfile } of (page.Reservations ?? []).flatMap(
          (each) => each.Instances ?? [],
        )) {
          found[InstanceId ?? ''] = { instanceProfile: IamInstanceProfile?.Arn?.split('/').at(-1) ?? null };
        }
        return page.NextToken;
      });
    }
    return found;
  });
}

function agentFacts(
  { clients: { ssm }, call }: Reach,
  instanceIds: readonly string[],
): Promise<Looked<Readonly<Record<string, AgentFacts>>>> {
  return look([], async () => {
    const found = await readAgents({ ssm, call }, instanceIds);
    return Object.fromEntries(
      found.map(({ InstanceId, AgentVersion, LastPingDateTime }) => [
        InstanceId ?? '',
        { version: AgentVersion ?? '', lastPingAt: LastPingDateTime?.toISOString() ?? null },
      ]),
    );
  });
}

/** Describes, never reads: no value passes through here. */
function parameterFacts(
  { clients: { ssm }, call }: Reach,
  names: readonly string[],
): Promise<Looked<Readonly<Record<string, ParameterFacts>>>> {
  return look([], async () => {
    const found: Record<string, ParameterFacts> = {};
    for (const Values of inParts(names, ssmPageSize)) {
      const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values }];
      await everyPage(async (NextToken) => {
        const page = await call('ssm:DescribeParameters', 'the parameters of the secrets', (options) =>
          ssm.send(new DescribeParametersCommand({ ParameterFilters, MaxResults: ssmPageSize, ...NextToken }), options),
        );
        for (const { Name, Type, KeyId } of page.Parameters ?? []) {
          found[Name ?? ''] = { type: Type ?? 'String', keyId: KeyId ?? null };
        }
        return page.NextToken;
      });
    }
    return found;
  });
}
