import type { EmulatorApi } from './emulator-api.ts';
import { templateBucket } from './stack-documents.ts';

/** Everything that a stack could leave behind, `kind name`, sorted; what the emulator itself has from the start too. */
export async function resourcesOf(emulator: EmulatorApi): Promise<readonly string[]> {
  const found = await Promise.all([
    xml(emulator, 's3', 'GET', 'bucket', /<Bucket><Name>([^<]+)/g),
    json(emulator, 'states', 'AWSStepFunctions.ListStateMachines', 'state machine', 'stateMachines', 'name'),
    json(emulator, 'events', 'AWSEvents.ListRules', 'rule', 'Rules', 'Name'),
    json(emulator, 'logs', 'Logs_20140328.DescribeLogGroups', 'log group', 'logGroups', 'logGroupName'),
    json(emulator, 'ssm', 'AmazonSSM.DescribeParameters', 'parameter', 'Parameters', 'Name'),
    json(emulator, 'kms', 'TrentService.ListAliases', 'key alias', 'Aliases', 'AliasName'),
    keys(emulator),
    functions(emulator),
    schedules(emulator),
    query(emulator, 'sqs', '2012-11-05', 'ListQueues', 'queue', /<QueueUrl>[^<]*\/([^<]+)/g),
    query(emulator, 'sns', '2010-03-31', 'ListTopics', 'topic', /<TopicArn>([^<]+)/g),
    query(emulator, 'monitoring', '2010-08-01', 'DescribeAlarms', 'alarm', /<AlarmName>([^<]+)/g),
    query(emulator, 'iam', '2010-05-08', 'ListRoles', 'role', /<RoleName>([^<]+)/g),
    query(emulator, 'iam', '2010-05-08', 'ListPolicies', 'policy', /<PolicyName>([^<]+)/g, { Scope: 'Local' }),
    query(emulator, 'iam', '2010-05-08', 'ListInstanceProfiles', 'instance profile', /<InstanceProfileName>([^<]+)/g),
    query(emulator, 'cloudformation', '2010-05-15', 'DescribeStacks', 'stack', /<StackName>([^<]+)/g),
  ]);
  return found
    .flat()
    .filter((name) => name !== `bucket ${templateBucket}`)
    .sort();
}

async function json(
  emulator: EmulatorApi,
  service: string,
  target: string,
  kind: string,
  list: string,
  name: string,
): Promise<readonly string[]> {
  type Answer = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  const answer = await emulator.json<Answer>(service, target, {});
  return (answer[list] ?? []).map((each) => `${kind} ${String(each[name])}`);
}

async function query(
  emulator: EmulatorApi,
  service: string,
  version: string,
  action: string,
  kind: string,
  name: RegExp,
  parameters: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  return named(await emulator.query(service, { Action: action, Version: version, ...parameters }), kind, name);
}

async function xml(emulator: EmulatorApi, service: string, method: string, kind: string, name: RegExp) {
  return named(await emulator.rest(service, method, '/'), kind, name);
}

function named(text: string, kind: string, name: RegExp): readonly string[] {
  return [...text.matchAll(name)].map((match) => `${kind} ${match[1]}`);
}

async function functions(emulator: EmulatorApi): Promise<readonly string[]> {
  const answer = JSON.parse(await emulator.rest('lambda', 'GET', '/2015-03-31/functions')) as {
    readonly Functions: readonly { readonly FunctionName: string }[];
  };
  return answer.Functions.map((each) => `function ${each.FunctionName}`);
}

async function schedules(emulator: EmulatorApi): Promise<readonly string[]> {
  const answer = JSON.parse(await emulator.rest('scheduler', 'GET', '/schedules')) as {
    readonly Schedules: readonly { readonly Name: string }[];
  };
  return answer.Schedules.map((each) => `schedule ${each.Name}`);
}

/** A key that is to be deleted stays for its waiting period, as on AWS, and is no longer anybody's. */
async function keys(emulator: EmulatorApi): Promise<readonly string[]> {
  type Listed = { readonly Keys: readonly { readonly KeyId: string }[] };
  type Described = { readonly KeyMetadata: { readonly KeyState: string } };
  const { Keys } = await emulator.json<Listed>('kms', 'TrentService.ListKeys', {});
  const states = await Promise.all(
    Keys.map(async ({ KeyId }) => {
      const { KeyMetadata } = await emulator.json<Described>('kms', 'TrentService.DescribeKey', { KeyId });
      return { KeyId, state: KeyMetadata.KeyState };
    }),
  );
  return states.filter(({ state }) => state !== 'PendingDeletion').map(({ KeyId }) => `key ${KeyId}`);
}
