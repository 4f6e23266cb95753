import type { Commands, Invocation, SendResult } from '../../clients/ports.ts';
import type { HostCommand } from '../../core/model/host-commands.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import { documentOf, documents } from '../given/deployment.ts';
import { hostReport } from '../given/host-reports.ts';
import { nameOf } from '../given/hosts.ts';
import { type TellDeed, tellNobody } from './deeds.ts';

/** What a host does with every command. */
export type HostAnswer =
  | { readonly kind: 'answered'; readonly invocation: Partial<Invocation> }
  | Extract<SendResult, { readonly kind: 'refused' }>;

/** Run Command in memory: takes every command, as `command-1`, `command-2`, …; it ends as the test says, or never. */
export interface FakeCommands extends Commands {
  readonly sent: readonly HostCommand[];
  /** By instance id; a host without an answer is at work for ever. */
  readonly answers: Map<string, HostAnswer>;
  /** What the next send is answered, or throws. */
  givenSend(answer: SendResult | Error): void;
  givenInvocation(commandId: string, invocation: Partial<Invocation>): void;
  /** The host answers the newest command so. */
  givenReport(more?: Partial<HostReport>): void;
}

export function createFakeCommands(tell: TellDeed = tellNobody): FakeCommands {
  const sent: HostCommand[] = [];
  const answers = new Map<string, HostAnswer>();
  const answersToSend: (SendResult | Error)[] = [];
  const invocations = new Map<string, Invocation>();

  const ended = (commandId: string, instanceId: string, more: Partial<Invocation>): Invocation => ({
    commandId,
    instanceId,
    status: 'Success',
    statusDetails: 'Success',
    responseCode: 0,
    stdout: '',
    stderr: '',
    ...more,
  });

  function givenInvocation(commandId: string, invocation: Partial<Invocation>): void {
    invocations.set(commandId, ended(commandId, sent.at(-1)?.instanceId ?? '', invocation));
  }

  return {
    sent,
    answers,
    givenSend: (answer) => void answersToSend.push(answer),
    givenInvocation,
    givenReport(more) {
      const command = sent.at(-1);
      if (command === undefined) throw new Error('nothing was sent yet');
      if (command.document === 'inspect') throw new Error('no step of a deployment inspects');
      const { key = '', fence } = command.parameters;
      const report = hostReport(command.document, 'v1', { key, fence: Number(fence), ...more });
      const status = report.outcome === 'done' ? 'Success' : 'Failed';
      givenInvocation(`command-${sent.length}`, { status, statusDetails: status, stdout: JSON.stringify(report) });
    },
    documents: async () => documents,
    document: async (kind) => documentOf(kind),
    async send(command) {
      tell(`send ${command.document} ${nameOf(command.instanceId)}`);
      const answer = answersToSend.shift() ?? answers.get(command.instanceId);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined && answer.kind !== 'answered') return answer;
      sent.push(command);
      return { kind: 'sent', commandId: `command-${sent.length}` };
    },
    async find(instanceId, comment) {
      tell(`find ${nameOf(instanceId)}`);
      const index = sent.findIndex((each) => each.instanceId === instanceId && each.comment === comment);
      return index === -1 ? undefined : `command-${index + 1}`;
    },
    async invocation(commandId, instanceId) {
      const answer = answers.get(instanceId);
      return answer?.kind === 'answered' ? ended(commandId, instanceId, answer.invocation) : invocations.get(commandId);
    },
    async cancel() {},
  };
}
