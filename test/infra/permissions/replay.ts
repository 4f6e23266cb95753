import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { vi } from 'vitest';
import { createAwsPorts } from '../../../clients/aws/aws-ports.ts';
import type { Request } from './iam.ts';
import { requestsOf, type SentCommand } from './sdk-actions.ts';
import { settings } from './stage.ts';

/**
 * What AWS may answer: what was asked for is there; it is not; an earlier try of the same write had its effect and the
 * answer was lost; so, and S3 keeps no checksum of it. The adapters send other commands in each.
 */
const moods = ['there', 'absent', 'done-before', 'done-before-unhashed'] as const;
type Mood = (typeof moods)[number];

/** Everything that IAM is asked when the adapters on AWS carry out these calls of ports, whatever AWS answers. */
export async function replayAll(
  calls: readonly { readonly method: string; readonly args: readonly unknown[] }[],
): Promise<readonly Request[]> {
  const commands: SentCommand[] = [];
  for (const { method, args } of calls) {
    commands.push(...(await sentInEveryMood(() => callPort(method, args))));
  }
  return distinctRequests(commands);
}

/** The commands of the SDK that this sends, whatever AWS answers. One after another: the stubs are the process's. */
export async function sentInEveryMood(act: () => Promise<unknown>): Promise<readonly SentCommand[]> {
  const commands: SentCommand[] = [];
  for (const mood of moods) commands.push(...(await withStubbedSdk(mood, act)));
  return commands;
}

/** The requests of commands, each once. */
export function distinctRequests(commands: readonly SentCommand[]): readonly Request[] {
  return distinct(commands.flatMap(requestsOf));
}

export function distinct(requests: readonly Request[]): readonly Request[] {
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}

/** The ARN of an execution of the world of the tests, whose account and names are its own. */
const executionOfTests = /^arn:aws:states:[^:]+:[^:]+:execution:[^:]+:/;

/** The simulated load balancer's account, which nobody has. */
const accountOfTests = /(?<=^arn:aws:elasticloadbalancing:[^:]+):000000000000:/;

async function callPort(method: string, given: readonly unknown[]): Promise<unknown> {
  const own = `${settings.stateMachineArn.replace(':stateMachine:', ':execution:')}:`;
  const args = given.map((arg) =>
    typeof arg === 'string'
      ? arg.replace(executionOfTests, own).replace(accountOfTests, `:${settings.accountId}:`)
      : arg,
  );
  const [port = '', name = ''] = method.split('.');
  const ports = createAwsPorts(settings) as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const implementation = ports[port]?.[name];
  if (typeof implementation !== 'function') throw new Error(`the ports on AWS have no ${method}`);
  return Reflect.apply(implementation, ports[port], args);
}

/** Does this while no command of the SDK leaves the process; returns those that were sent. */
async function withStubbedSdk(mood: Mood, act: () => Promise<unknown>): Promise<readonly SentCommand[]> {
  const sent: SentCommand[] = [];
  const answer = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const { name } = command.constructor;
    const isAbsent = mood === 'absent' && /^(?:Get|Head|Copy)Object/.test(name);
    sent.push({ name, input: { ...command.input }, isAbsent });
    return answerOf(name, command.input, mood);
  };
  const clients = [S3Client, EC2Client, SSMClient, SFNClient, ElasticLoadBalancingV2Client, CloudWatchClient];
  const stubs = clients.map((client) =>
    vi.spyOn(client.prototype as { send(command: never): Promise<unknown> }, 'send').mockImplementation(answer),
  );
  try {
    await act();
  } catch {
    // What the adapters make of a refusal is theirs; here only what they asked for counts.
  } finally {
    for (const stub of stubs) stub.mockRestore();
  }
  return sent;
}

function answerOf(name: string, input: object, mood: Mood): unknown {
  if (mood === 'absent' && /^(?:Get|Head|Copy)Object/.test(name)) {
    throw sdkError(name.startsWith('Head') ? 'NotFound' : 'NoSuchKey', 404);
  }
  if (mood.startsWith('done-before') && /^(?:Put|Copy)Object/.test(name)) {
    throw sdkError('PreconditionFailed', 412);
  }
  if (name === 'DescribeInstancesCommand') {
    return { Reservations: [{ Instances: [instanceWith(input)] }] };
  }
  return { ...answers[name], ...(mood === 'done-before-unhashed' ? { ChecksumSHA256: undefined } : {}) };
}

const Body = {
  transformToString: async () => '{}',
  transformToByteArray: async () => new Uint8Array(),
};

/** Answers with as much in them as makes the adapters go on. */
const answers: Readonly<Record<string, object>> = {
  DescribeNetworkInterfacesCommand: { NetworkInterfaces: [{ Groups: [{ GroupId: 'sg-1' }] }] },
  GetObjectCommand: { Body, ETag: '"e"' },
  HeadObjectCommand: { ETag: '"e"', ChecksumSHA256: 'AAAA', LastModified: new Date(0) },
  PutObjectCommand: { ETag: '"e"', VersionId: 'v' },
  CopyObjectCommand: { CopyObjectResult: {} },
  DescribeDocumentCommand: { Document: { DocumentVersion: '1', Hash: 'h', HashType: 'Sha256' } },
  SendCommandCommand: { Command: { CommandId: 'c' } },
  GetParameterCommand: { Parameter: { Value: '{}' } },
};

/** An instance that carries the tags which were asked for. */
function instanceWith(input: object): object {
  const { Filters = [] } = input as {
    readonly Filters?: readonly { readonly Name: string; readonly Values: readonly string[] }[];
  };
  const Tags = Filters.filter(({ Name }) => Name.startsWith('tag:')).map(({ Name, Values: [Value] }) => ({
    Key: Name.slice('tag:'.length),
    Value,
  }));
  return { InstanceId: 'i-0000000000000000a', Tags };
}

function sdkError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode, attempts: 2 } });
}
