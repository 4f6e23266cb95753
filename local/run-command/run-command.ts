import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clients/ports.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import { checkParameters, type ParameterValues, withDefaults } from './check-parameters.ts';
import type { CommandFaults, SendFault } from './command-faults.ts';
import { type CommandRecord, deliveryDeadline, isTerminal, totalDeadline } from './command-record.ts';
import { createCommandStore } from './command-store.ts';
import { createDocumentStore } from './document-store.ts';
import { type AgentResult, commandWorkers, type HostAgent } from './host-agent.ts';
import { replaceParameters } from './replace-parameters.ts';
import { RunCommandError } from './run-command-error.ts';
import type { SendCommandRequest } from './send-command-request.ts';
import { executionSecondsOf, maxDocumentBytes, type SsmDocument } from './ssm-document.ts';
import { type RunCommandEvent, statusEvents } from './status-event.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface RunCommandOptions {
  /** Document name to YAML or JSON text. */
  readonly documents: Readonly<Record<string, string>>;
  /** The agent of an instance; undefined where the instance is not (or no longer) registered. */
  readonly agentOf: (instanceId: string) => HostAgent | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly region: string;
  readonly account?: string;
  /** Where commands live on; without it they live as long as the service. */
  readonly stateDir?: string;
  /** Told of every change of status, after it is on disk, as EventBridge would be. Its failures are only logged. */
  readonly onEvent?: (event: RunCommandEvent) => void | Promise<void>;
  /** Simulated faults. */
  readonly faults?: CommandFaults;
  readonly timers?: Timers;
  readonly log?: (line: string) => void;
}

/** SSM Run Command for the local hosts, with the limits, statuses and timeouts that it has on AWS. */
export interface RunCommand {
  /** Name, version and hash of a document. */
  document(name: string, version?: string): { readonly version: string; readonly hash: string };
  /** Makes a document known, or gives it a new version where the content (YAML or JSON text) differs. */
  putDocument(name: string, content: string): void;
  /** Forgets a document with all its versions. */
  removeDocument(name: string): void;
  /** Throws RunCommandError as the API does, TransientAwsError where a fault says so. */
  send(request: SendCommandRequest): { readonly commandId: string };
  /** GetCommandInvocation: undefined for InvocationDoesNotExist. */
  invocation(commandId: string, instanceId: string): CommandRecord | undefined;
  find(instanceId: string, comment: string): CommandRecord | undefined;
  /** Every command that is known, the oldest first. */
  commands(): readonly CommandRecord[];
  /** CancelCommand; nothing where the command has ended. */
  cancel(commandId: string, instanceId: string): void;
  ping(instanceId: string): 'Online' | 'ConnectionLost' | 'absent';
  /** To be called when a host comes up, goes down or is gone: commands that wait for it are looked at again. */
  hostChanged(instanceId: string): void;
  /** Resolves when no agent works on a command any more; late starts and held events included. */
  idle(): Promise<void>;
  /** Starts nothing more, and calls all timers off. */
  close(): void;
}

const commentLimit = 100;

const timeoutSecondsLimits = { min: 30, max: 2_592_000 } as const;

/**
 * Brings up the service. Commands that an earlier engine left unfinished are never run again: they stay as they are
 * until their timeout, as on AWS when the agent is lost, and then end `DeliveryTimedOut`.
 */
export function createRunCommand(options: RunCommandOptions): RunCommand {
  const { agentOf, clock, region, faults = {}, timers = systemTimers } = options;
  const account = options.account ?? '000000000000';
  const log = options.log ?? (() => undefined);
  const documents = createDocumentStore(options.documents, options.stateDir);
  const store = createCommandStore(options.stateDir, clock.now());
  const deadlines = new Map<string, () => void>();
  const cancels = new Map<string, AbortController>();
  const invisibleLooks = new Map<string, number>();
  const waiting = new Map<string, Waiting[]>();
  const busy = new Map<string, number>();
  const tasks = new Set<Promise<void>>();
  let isClosed = false;

  /** Keeps what goes on in the background known to `idle`. */
  function track(task: Promise<void>): void {
    const tracked: Promise<void> = task
      .catch((error: unknown) => log(`run command: ${error instanceof Error ? (error.stack ?? error.message) : error}`))
      .finally(() => void tasks.delete(tracked));
    tasks.add(tracked);
  }

  function delay(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void timers.after(milliseconds, resolve));
  }

  function change(record: CommandRecord, update: Partial<CommandRecord>): CommandRecord {
    const isNewStatus = update.status !== undefined && update.status !== record.status;
    const ends = update.status !== undefined && isTerminal(update.status);
    const changed = { ...record, ...update, ...(ends ? { finishedAt: new Date(clock.now()).toISOString() } : {}) };
    store.save(changed);
    if (ends) {
      deadlines.get(record.commandId)?.();
      deadlines.delete(record.commandId);
    }
    if (isNewStatus) {
      for (const event of statusEvents(changed, { now: clock.now(), region, account, newId: randomUUID })) emit(event);
    }
    return changed;
  }

  function emit(event: RunCommandEvent): void {
    const fault = faults.onEvent?.(event);
    if (fault !== undefined) log(`simulated fault: ${fault.kind} of a ${event.detail.status} event`);
    const deliver = async (): Promise<void> => options.onEvent?.(event);
    if (fault?.kind === 'drop') return;
    track(
      (async () => {
        if (fault?.kind === 'delay') await delay(fault.seconds * 1_000);
        if (fault?.kind === 'hold') await fault.released;
        await deliver();
        if (fault?.kind === 'duplicate') await deliver();
      })(),
    );
  }

  /** Ends the command at its next deadline: delivery while it is pending, delivery and execution after that. */
  function armDeadline(record: CommandRecord): void {
    deadlines.get(record.commandId)?.();
    const deadline = record.status === 'Pending' ? deliveryDeadline(record) : totalDeadline(record);
    const expire = (): void => {
      const current = store.get(record.commandId);
      if (current === undefined || isTerminal(current.status)) return;
      change(current, { status: 'TimedOut', statusDetails: 'DeliveryTimedOut' });
    };
    deadlines.set(record.commandId, timers.after(Math.max(0, deadline - clock.now()), expire));
  }

  function send(request: SendCommandRequest): { readonly commandId: string } {
    const fault = faults.onSend?.(request);
    if (fault !== undefined) log(`simulated fault: ${fault.kind} of ${request.documentName} on ${request.instanceId}`);
    if (fault?.kind === 'throttle') throw new TransientAwsError('ThrottlingException: Rate exceeded');
    const { document, version, parameters } = check(request);
    if (agentOf(request.instanceId)?.isOnline() !== true) {
      const message = `Instances [[${request.instanceId}]] not in a valid state for account ${account}`;
      throw new RunCommandError('InvalidInstanceId', message);
    }
    const record: CommandRecord = {
      schema: 1,
      commandId: randomUUID(),
      instanceId: request.instanceId,
      documentName: request.documentName,
      documentVersion: version,
      documentHash: document.hash,
      comment: request.comment,
      parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [...value]])),
      requestedAt: new Date(clock.now()).toISOString(),
      timeoutSeconds: request.timeoutSeconds,
      executionSeconds: executionSeconds(document, parameters),
      status: 'Pending',
      statusDetails: 'Pending',
      responseCode: -1,
      stdout: '',
      stderr: '',
    };
    store.save(record);
    armDeadline(record);
    if (fault?.kind === 'invisible') invisibleLooks.set(record.commandId, fault.looks);
    track(deliver(record, fault));
    if (fault?.kind === 'lose-response') throw new TransientAwsError('the answer to SendCommand was lost');
    return { commandId: record.commandId };
  }

  function check(request: SendCommandRequest): {
    readonly document: SsmDocument;
    readonly version: string;
    readonly parameters: ParameterValues;
  } {
    if (isClosed) throw new TransientAwsError('Run Command is closed');
    const { min, max } = timeoutSecondsLimits;
    if (!(request.timeoutSeconds >= min && request.timeoutSeconds <= max)) {
      throw new RunCommandError('ValidationException', `timeoutSeconds: must be ${min} to ${max}`);
    }
    if (request.comment.length > commentLimit) {
      throw new RunCommandError('ValidationException', `comment: is longer than ${commentLimit} characters`);
    }
    const { document, version } = documents.get(request.documentName, request.documentVersion);
    if (request.documentHash !== undefined && request.documentHash !== document.hash) {
      const message = `The hash of ${request.documentName} version ${version} is not the one that was sent.`;
      throw new RunCommandError('InvalidDocument', message);
    }
    const problems = checkParameters(document.parameters, request.parameters);
    if (problems.length > 0) throw new RunCommandError('InvalidParameters', problems.join('\n'));
    const parameters = withDefaults(document.parameters, request.parameters);
    if (Buffer.byteLength(document.content) + Buffer.byteLength(JSON.stringify(parameters)) > maxDocumentBytes) {
      const message = `${request.documentName} and its parameters are larger than ${maxDocumentBytes} bytes`;
      throw new RunCommandError('MaxDocumentSizeExceeded', message);
    }
    return { document, version, parameters };
  }

  /** SendCommand answers before any agent hears of it. */
  async function deliver(record: CommandRecord, fault: SendFault | undefined): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (fault?.kind === 'lose-command') return;
    if (fault?.kind === 'start-late') await delay(fault.seconds * 1_000);
    if (fault?.kind === 'start-after') await fault.released;
    if (isClosed) return;
    const isLate = fault?.kind === 'start-late' || fault?.kind === 'start-after';
    const queue = waiting.get(record.instanceId) ?? [];
    waiting.set(record.instanceId, queue);
    queue.push({ commandId: record.commandId, fault, isLate });
    startWaiting(record.instanceId);
  }

  /** Starts what waits for a host, as far as it is up and its agent has a worker free. */
  function startWaiting(instanceId: string): void {
    const agent = agentOf(instanceId);
    const queue = waiting.get(instanceId) ?? [];
    while (!isClosed && queue.length > 0) {
      if (agent !== undefined && (!agent.isOnline() || (busy.get(instanceId) ?? 0) >= commandWorkers)) return;
      const next = queue.shift();
      const record = next === undefined ? undefined : store.get(next.commandId);
      if (next === undefined || record === undefined) continue;
      // A late agent does not know that SSM has given the command up, or that somebody has cancelled it.
      if (isTerminal(record.status) && !next.isLate) continue;
      if (agent === undefined) change(record, { status: 'Failed', statusDetails: 'Undeliverable' });
      else track(work(agent, record, next.fault));
    }
  }

  async function work(agent: HostAgent, record: CommandRecord, fault: SendFault | undefined): Promise<void> {
    busy.set(agent.instanceId, (busy.get(agent.instanceId) ?? 0) + 1);
    const cancel = new AbortController();
    cancels.set(record.commandId, cancel);
    try {
      if (!isTerminal(record.status)) {
        const startedAt = new Date(clock.now()).toISOString();
        armDeadline(change(record, { status: 'InProgress', statusDetails: 'InProgress', startedAt }));
      }
      if (fault?.kind === 'lose-result' && !fault.runs) return;
      const { document } = documents.get(record.documentName, record.documentVersion);
      const job = {
        commandId: record.commandId,
        instanceId: record.instanceId,
        document,
        parameters: record.parameters,
      };
      const result = await agent.run(job, cancel.signal);
      if (fault?.kind !== 'lose-result') accept(record.commandId, result);
      if (fault?.kind === 'run-twice') await agent.run(job, cancel.signal);
    } finally {
      cancels.delete(record.commandId);
      busy.set(agent.instanceId, (busy.get(agent.instanceId) ?? 1) - 1);
      startWaiting(agent.instanceId);
    }
  }

  /** The agent's report; too late where SSM has given the command up. */
  function accept(commandId: string, result: AgentResult): void {
    const record = store.get(commandId);
    if (isClosed || result.kind === 'lost' || record === undefined || isTerminal(record.status)) return;
    const { status, responseCode, stdout, stderr, steps } = result;
    const statusDetails = status === 'TimedOut' ? 'ExecutionTimedOut' : status;
    change(record, { status, statusDetails, responseCode, stdout, stderr, steps: steps.map((step) => ({ ...step })) });
  }

  for (const record of store.all()) if (!isTerminal(record.status)) armDeadline(record);

  return {
    document(name, version = '$LATEST') {
      const found = documents.get(name, version);
      return { version: found.version, hash: found.document.hash };
    },
    putDocument: documents.put,
    removeDocument: documents.remove,
    send,
    invocation(commandId, instanceId) {
      const looks = invisibleLooks.get(commandId) ?? 0;
      if (looks > 0) {
        invisibleLooks.set(commandId, looks - 1);
        return undefined;
      }
      const record = store.get(commandId);
      return record?.instanceId === instanceId ? record : undefined;
    },
    find: (instanceId, comment) => store.find(instanceId, comment),
    commands: store.all,
    cancel(commandId, instanceId) {
      const record = store.get(commandId);
      if (record === undefined || record.instanceId !== instanceId) {
        throw new RunCommandError('InvalidCommandId', `Command ${commandId} does not exist for ${instanceId}.`);
      }
      if (record.status === 'Pending') change(record, { status: 'Cancelled', statusDetails: 'Cancelled' });
      if (record.status === 'InProgress') change(record, { status: 'Cancelling', statusDetails: 'Cancelling' });
      cancels.get(commandId)?.abort();
    },
    ping(instanceId) {
      const agent = agentOf(instanceId);
      if (agent === undefined) return 'absent';
      return agent.isOnline() ? 'Online' : 'ConnectionLost';
    },
    hostChanged: startWaiting,
    async idle() {
      while (tasks.size > 0) await Promise.allSettled(tasks);
    },
    close() {
      isClosed = true;
      for (const stop of deadlines.values()) stop();
      deadlines.clear();
    },
  };
}

interface Waiting {
  readonly commandId: string;
  readonly fault: SendFault | undefined;
  readonly isLate: boolean;
}

/** The document's execution timeout: its steps one after another. */
function executionSeconds(document: SsmDocument, parameters: ParameterValues): number {
  return document.steps
    .map((step) => executionSecondsOf(replaceParameters(step.timeoutSeconds, document.parameters, parameters)))
    .reduce((sum, seconds) => sum + seconds, 0);
}
