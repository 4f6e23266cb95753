import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { TransientAwsError } from '../../../core/model/errors.ts';
import type { CommandRecord } from '../../../local/run-command/command-record.ts';
import type { RunCommand } from '../../../local/run-command/run-command.ts';
import { RunCommandError } from '../../../local/run-command/run-command-error.ts';
import type { GatewayPart, GatewayResponse } from './gateway.ts';
import { describeCommand, describeInstance, describeInvocation, listInvocation } from './run-command-shapes.ts';

export interface RunCommandApiOptions {
  readonly runCommand: RunCommand;
  /** The instances that an SSM agent has registered. */
  readonly instanceIds: () => readonly string[];
  readonly account: string;
}

/** An error of SSM, by the name that SDK clients know it by. */
class ApiError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const instanceIdsInput = z.array(z.string()).min(1);
const page = { MaxResults: z.number().int().optional(), NextToken: z.string().optional() };
const filters = z.array(z.object({ key: z.string(), value: z.string() })).default([]);

const inputs = {
  SendCommand: z.object({
    DocumentName: z.string(),
    DocumentVersion: z.string().default('$DEFAULT'),
    DocumentHash: z.string().optional(),
    DocumentHashType: z.literal('Sha256').optional(),
    InstanceIds: instanceIdsInput,
    Parameters: z.record(z.string(), z.array(z.string())).default({}),
    TimeoutSeconds: z.number().default(3600),
    Comment: z.string().default(''),
  }),
  GetCommandInvocation: z.object({
    CommandId: z.string(),
    InstanceId: z.string(),
    PluginName: z.string().optional(),
  }),
  ListCommands: z.object({
    CommandId: z.string().optional(),
    InstanceId: z.string().optional(),
    Filters: filters,
    ...page,
  }),
  ListCommandInvocations: z.object({
    CommandId: z.string().optional(),
    InstanceId: z.string().optional(),
    Filters: filters,
    Details: z.boolean().default(false),
    ...page,
  }),
  CancelCommand: z.object({ CommandId: z.string(), InstanceIds: z.array(z.string()).default([]) }),
  DescribeDocument: z.object({ Name: z.string(), DocumentVersion: z.string().default('$DEFAULT') }),
  DescribeInstanceInformation: z.object({
    Filters: z.array(z.object({ Key: z.string(), Values: z.array(z.string()) })).default([]),
    ...page,
  }),
} as const;
type Action = keyof typeof inputs;

/**
 * The emulator answers SendCommand for any document without running it, and has neither CancelCommand nor documents:
 * Run Command of SSM is served here, by the embedded engine's own interpreter. Parameters stay with the emulator.
 */
export function runCommandPart(options: RunCommandApiOptions): GatewayPart {
  return {
    wants: ({ headers }) => actionOf(headers['x-amz-target']) !== undefined,
    async handle(request) {
      const action = actionOf(request.headers['x-amz-target']);
      if (action === undefined) return undefined;
      try {
        return json(200, answer(action, JSON.parse(request.body.toString('utf8')), options));
      } catch (error) {
        return failure(error);
      }
    },
  };
}

function actionOf(target: string | string[] | undefined): Action | undefined {
  const name = String(target ?? '').replace(/^AmazonSSM\./, '');
  return String(target ?? '').startsWith('AmazonSSM.') && Object.hasOwn(inputs, name) ? (name as Action) : undefined;
}

function answer(action: Action, body: unknown, options: RunCommandApiOptions): unknown {
  const { runCommand } = options;
  switch (action) {
    case 'SendCommand': {
      const input = parse(inputs.SendCommand, body);
      const [instanceId, ...others] = input.InstanceIds;
      if (instanceId === undefined || others.length > 0) {
        throw new ApiError('ValidationException', 'one instance per command is served here');
      }
      const { commandId } = runCommand.send({
        instanceId,
        documentName: nameOf(input.DocumentName),
        documentVersion: input.DocumentVersion,
        ...(input.DocumentHash === undefined ? {} : { documentHash: input.DocumentHash }),
        comment: input.Comment,
        parameters: input.Parameters,
        timeoutSeconds: input.TimeoutSeconds,
      });
      const record = runCommand.commands().find((each) => each.commandId === commandId);
      if (record === undefined) throw new Error(`${commandId} was sent and is not known`);
      return { Command: describeCommand(record) };
    }
    case 'GetCommandInvocation': {
      const input = parse(inputs.GetCommandInvocation, body);
      const record = runCommand.invocation(input.CommandId, input.InstanceId);
      if (record === undefined) throw new ApiError('InvocationDoesNotExist', '');
      return describeInvocation(record);
    }
    case 'ListCommands': {
      const input = parse(inputs.ListCommands, body);
      const { items, next } = onePage(select(runCommand, input), input);
      return { Commands: items.map(describeCommand), ...next };
    }
    case 'ListCommandInvocations': {
      const input = parse(inputs.ListCommandInvocations, body);
      const { items, next } = onePage(select(runCommand, input), input);
      return { CommandInvocations: items.map((record) => listInvocation(record, input.Details)), ...next };
    }
    case 'CancelCommand': {
      const input = parse(inputs.CancelCommand, body);
      const known = runCommand.commands().find((record) => record.commandId === input.CommandId);
      if (known === undefined) throw new ApiError('InvalidCommandId', `Command ${input.CommandId} does not exist.`);
      const targets = input.InstanceIds.length === 0 ? [known.instanceId] : input.InstanceIds;
      for (const instanceId of targets) runCommand.cancel(input.CommandId, instanceId);
      return {};
    }
    case 'DescribeDocument': {
      const input = parse(inputs.DescribeDocument, body);
      const name = nameOf(input.Name);
      const { version, hash } = runCommand.document(name, input.DocumentVersion);
      const newest = runCommand.document(name).version;
      return {
        Document: {
          Name: name,
          Hash: hash,
          HashType: 'Sha256',
          DocumentVersion: version,
          LatestVersion: newest,
          DefaultVersion: newest,
          Status: 'Active',
          Owner: options.account,
          DocumentType: 'Command',
          DocumentFormat: 'JSON',
          SchemaVersion: '2.2',
          PlatformTypes: ['Linux'],
        },
      };
    }
    case 'DescribeInstanceInformation': {
      const input = parse(inputs.DescribeInstanceInformation, body);
      const found = options
        .instanceIds()
        .map((instanceId) => ({ instanceId, ping: runCommand.ping(instanceId) }))
        .filter(({ instanceId, ping }) =>
          input.Filters.every(({ Key, Values }) => Values.includes(filteredValue(Key, instanceId, ping))),
        );
      const { items, next } = onePage(found, input);
      return { InstanceInformationList: items.map(describeInstance), ...next };
    }
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ApiError('ValidationException', z.prettifyError(parsed.error));
}

/** A document may be named by its ARN. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:[^/]*:document\//, '');
}

/** Newest first, as SSM lists them. */
function select(
  runCommand: RunCommand,
  input: {
    readonly CommandId?: string | undefined;
    readonly InstanceId?: string | undefined;
    readonly Filters: readonly { readonly key: string; readonly value: string }[];
  },
): readonly CommandRecord[] {
  const passes = (record: CommandRecord, key: string, value: string): boolean => {
    switch (key) {
      case 'InvokedAfter':
        return Date.parse(record.requestedAt) > Date.parse(value);
      case 'InvokedBefore':
        return Date.parse(record.requestedAt) < Date.parse(value);
      case 'Status':
        return record.status === value || record.statusDetails === value;
      case 'DocumentName':
        return record.documentName === nameOf(value);
      default:
        throw new ApiError('InvalidFilterKey', `The filter key ${key} is not served here.`);
    }
  };
  return runCommand
    .commands()
    .filter((record) => input.CommandId === undefined || record.commandId === input.CommandId)
    .filter((record) => input.InstanceId === undefined || record.instanceId === input.InstanceId)
    .filter((record) => input.Filters.every(({ key, value }) => passes(record, key, value)))
    .toReversed();
}

/** The token is where the next page begins. */
function onePage<Item>(
  items: readonly Item[],
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: readonly Item[]; readonly next: { readonly NextToken?: string } } {
  const from = Number(input.NextToken ?? '0');
  const to = from + Math.min(input.MaxResults ?? 50, 50);
  return { items: items.slice(from, to), next: to < items.length ? { NextToken: String(to) } : {} };
}

function filteredValue(key: string, instanceId: string, ping: string): string {
  if (key === 'InstanceIds') return instanceId;
  if (key === 'PingStatus') return ping;
  throw new ApiError('InvalidFilterKey', `The filter key ${key} is not served here.`);
}

function json(status: number, body: unknown): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify(body),
  };
}

function failure(error: unknown): GatewayResponse {
  if (error instanceof ApiError) return json(400, { __type: error.type, message: error.message });
  if (error instanceof RunCommandError) return json(400, { __type: error.name, message: error.message });
  if (error instanceof TransientAwsError) return json(400, { __type: 'ThrottlingException', message: error.message });
  throw error;
}
