import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  type DocumentDescription,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { InvalidDeploymentError, TransientAwsError } from '../../core/model/errors.ts';
import type { HostCommand } from '../../core/model/host-commands.ts';
import { documentName, optInTag } from '../../core/model/names.ts';
import type { HostDocument } from '../../core/model/statuses.ts';
import type { Clock, Commands, Invocation, SendResult } from '../ports.ts';
import { isDenied, nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';
import { everyPage } from './pages.ts';

export interface SsmCommandsOptions {
  readonly ssm: SSMClient;
  /** Sends nothing twice whose answer was lost. */
  readonly ssmOnce: SSMClient;
  readonly call: Call;
  readonly clock: Clock;
  readonly service: string;
  readonly stage: string;
}

/**
 * How far back a command is looked for. Who asks is a retry within the deadline of its step: delivery, the longest script
 * and some slack.
 */
const lookBackMilliseconds = 2 * 3600 * 1000;

/** Commands on one page of ListCommands. */
const pageSize = 50;

/**
 * Run Command. It is eventually consistent: right after SendCommand GetCommandInvocation may answer that there is no such
 * invocation, which here means "not yet". Each document has one step, so an invocation's status is that of its script.
 */
export function createSsmCommands(options: SsmCommandsOptions): Commands {
  const { ssm, ssmOnce, call, clock, service, stage } = options;
  const nameOfDocument = (kind: HostDocument): string => documentName(service, stage, kind);

  async function describe(name: string, version?: string): Promise<DocumentDescription> {
    const { Document } = await call('ssm:DescribeDocument', name, (sending) => {
      const pinned = version === undefined ? {} : { DocumentVersion: version };
      return ssm.send(new DescribeDocumentCommand({ Name: name, ...pinned }), sending);
    });
    return Document ?? {};
  }

  /** The hash belongs to one version: that it is the default one's is looked at, not taken for granted. */
  async function describeDefault(kind: HostDocument) {
    const name = nameOfDocument(kind);
    try {
      const first = await describe(name);
      const version = first.DefaultVersion;
      const { Hash, HashType, Status } = first.DocumentVersion === version ? first : await describe(name, version);
      if (Status === 'Creating' || Status === 'Updating') {
        throw new TransientAwsError(`the document ${name} is just being written (${Status}); try again`);
      }
      if (version === undefined || Hash === undefined || HashType === 'Sha1') {
        throw new InvalidDeploymentError(`the document ${name} has no version with a SHA-256: deploy the stack again`);
      }
      return { name, version, hash: Hash };
    } catch (error) {
      if (nameOf(error) === 'InvalidDocument') {
        throw new InvalidDeploymentError(`the document ${name} does not exist: deploy the stack again`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  return {
    async documents() {
      const [install, activate, verify, settle] = await Promise.all([
        describeDefault('install'),
        describeDefault('activate'),
        describeDefault('verify'),
        describeDefault('settle'),
      ]);
      return { install, activate, verify, settle };
    },
    document: describeDefault,
    async send(command) {
      try {
        const { Command } = await call('ssm:SendCommand', command.instanceId, (sending) =>
          ssmOnce.send(new SendCommandCommand(toInput(command, nameOfDocument(command.document))), sending),
        );
        if (Command?.CommandId === undefined) {
          throw new TransientAwsError(`SSM took the command for ${command.instanceId} and gave no id for it`);
        }
        return { kind: 'sent', commandId: Command.CommandId };
      } catch (error) {
        const refused = refusal(error, `${optInTag(service)}=${stage}`);
        if (refused === undefined) {
          throw error;
        }
        return refused;
      }
    },
    /**
     * Asks for all commands of the time: with an instance named, ListCommands leaves out those that have not reached it
     * (`Pending`), which are the very ones that a lost answer leaves behind.
     */
    async find(instanceId, comment) {
      const after = new Date(clock.now() - lookBackMilliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
      const Filters = [{ key: 'InvokedAfter' as const, value: after }];
      let commandId: string | undefined;
      await everyPage(async (token) => {
        const page = await call('ssm:ListCommands', instanceId, (sending) =>
          ssm.send(new ListCommandsCommand({ Filters, MaxResults: pageSize, ...token }), sending),
        );
        commandId = page.Commands?.find(
          (command) => command.Comment === comment && command.InstanceIds?.includes(instanceId) === true,
        )?.CommandId;
        return commandId === undefined ? page.NextToken : undefined;
      });
      return commandId;
    },
    async invocation(commandId, instanceId) {
      try {
        const found = await call('ssm:GetCommandInvocation', `${commandId} on ${instanceId}`, (sending) =>
          ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }), sending),
        );
        return {
          commandId,
          instanceId,
          status: withoutSpaces(found.Status ?? 'Pending') as Invocation['status'],
          statusDetails: withoutSpaces(found.StatusDetails ?? ''),
          responseCode: found.ResponseCode ?? -1,
          stdout: found.StandardOutputContent ?? '',
          stderr: found.StandardErrorContent ?? '',
        };
      } catch (error) {
        if (nameOf(error) === 'InvocationDoesNotExist' || nameOf(error) === 'InvalidCommandId') {
          return undefined;
        }
        throw error;
      }
    },
    /** Best effort, as SSM's own is: a command that it does not know (any more) or that has ended is left alone. */
    async cancel(commandId, instanceId) {
      try {
        await call('ssm:CancelCommand', `${commandId} on ${instanceId}`, (sending) =>
          ssm.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [instanceId] }), sending),
        );
      } catch (error) {
        if (nameOf(error) !== 'InvalidCommandId' && nameOf(error) !== 'InvalidInstanceId') {
          throw error;
        }
      }
    },
  };
}

function toInput(command: HostCommand, document: string) {
  return {
    InstanceIds: [command.instanceId],
    DocumentName: document,
    DocumentVersion: command.documentVersion,
    DocumentHash: command.documentHash,
    DocumentHashType: 'Sha256' as const,
    Comment: command.comment,
    TimeoutSeconds: command.deliverySeconds,
    Parameters: Object.fromEntries(Object.entries(command.parameters).map(([name, value]) => [name, [value]])),
  };
}

/** What says something of this host and nothing of the others is a refusal; everything else stays an error. */
function refusal(error: unknown, tag: string): SendResult | undefined {
  const message = error instanceof Error ? error.message : '';
  if (isDenied(error)) {
    return { kind: 'refused', why: 'denied', reason: `the host must carry the tag ${tag}; ${message}` };
  }
  switch (nameOf(error)) {
    case 'InvalidInstanceId':
      return { kind: 'refused', why: 'unreachable', reason: `InvalidInstanceId: ${message}` };
    case 'UnsupportedPlatformType':
      return { kind: 'refused', why: 'wrong-platform', reason: `UnsupportedPlatformType: ${message}` };
    default:
      return undefined;
  }
}

/** The guides print `Delivery Timed Out`, other places `DeliveryTimedOut`. */
function withoutSpaces(text: string): string {
  return text.replaceAll(' ', '');
}
