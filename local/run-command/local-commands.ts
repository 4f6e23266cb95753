import type { Commands, Invocation } from '../../clients/ports.ts';
import { documentName } from '../../core/model/names.ts';
import type { HostDocument } from '../../core/model/statuses.ts';
import { createRunCommand, type RunCommand, type RunCommandOptions } from './run-command.ts';
import { RunCommandError } from './run-command-error.ts';

export interface LocalCommandsOptions extends Omit<RunCommandOptions, 'documents'> {
  /** `payment` and `local`: the documents are called `rollgate-payment-local-install` and so on, as a stack calls them. */
  readonly service: string;
  readonly stage: string;
  /** Built documents (scripts put in), YAML or JSON text. */
  readonly documents: Readonly<Record<HostDocument, string>>;
}

/** The `Commands` port over Run Command on local hosts; `runCommand` is what the engine needs besides. */
export function createLocalCommands(options: LocalCommandsOptions): {
  readonly commands: Commands;
  readonly runCommand: RunCommand;
} {
  const kinds = Object.keys(options.documents) as readonly HostDocument[];
  const nameOf = (kind: HostDocument): string => documentName(options.service, options.stage, kind);
  const documents = Object.fromEntries(kinds.map((kind) => [nameOf(kind), options.documents[kind]]));
  const runCommand = createRunCommand({ ...options, documents });

  const describe = (kind: HostDocument) => ({ name: nameOf(kind), ...runCommand.document(nameOf(kind)) });

  const commands: Commands = {
    async documents() {
      return {
        install: describe('install'),
        activate: describe('activate'),
        verify: describe('verify'),
        settle: describe('settle'),
      };
    },
    document: async (kind) => describe(kind),
    async send(command) {
      try {
        const { commandId } = runCommand.send({
          instanceId: command.instanceId,
          documentName: nameOf(command.document),
          documentVersion: command.documentVersion,
          documentHash: command.documentHash,
          comment: command.comment,
          parameters: Object.fromEntries(Object.entries(command.parameters).map(([name, value]) => [name, [value]])),
          timeoutSeconds: command.deliverySeconds,
        });
        return { kind: 'sent', commandId };
      } catch (error) {
        if (error instanceof RunCommandError && error.name === 'InvalidInstanceId') {
          return { kind: 'refused', why: 'unreachable', reason: error.message };
        }
        throw error;
      }
    },
    async find(instanceId, comment) {
      return runCommand.find(instanceId, comment)?.commandId;
    },
    async invocation(commandId, instanceId): Promise<Invocation | undefined> {
      const record = runCommand.invocation(commandId, instanceId);
      if (record === undefined) return undefined;
      const { status, statusDetails, responseCode, stdout, stderr } = record;
      return { commandId, instanceId, status, statusDetails, responseCode, stdout, stderr };
    },
    async cancel(commandId, instanceId) {
      runCommand.cancel(commandId, instanceId);
    },
  };
  return { commands, runCommand };
}
