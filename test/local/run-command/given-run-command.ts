import { type CommandFaultQueue, createCommandFaultQueue } from '../../../local/run-command/command-faults.ts';
import type { AgentJob, AgentResult, HostAgent } from '../../../local/run-command/host-agent.ts';
import { createRunCommand, type RunCommand, type RunCommandOptions } from '../../../local/run-command/run-command.ts';
import type { SendCommandRequest } from '../../../local/run-command/send-command-request.ts';
import type { RunCommandEvent } from '../../../local/run-command/status-event.ts';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock.ts';

export const host = 'i-0a1';
export const content = JSON.stringify({
  schemaVersion: '2.2',
  parameters: { fence: { type: 'String', allowedPattern: '^[0-9]+$' }, mode: { type: 'String', default: 'fast' } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'go', inputs: { runCommand: ['true'], timeoutSeconds: '900' } }],
});

/** An agent whose commands end when the test says so. */
function createHeldAgent() {
  const jobs: { job: AgentJob; cancel: AbortSignal; finish: (result: AgentResult) => void }[] = [];
  const state = { isOnline: true, isRegistered: true };
  const agent: HostAgent = {
    instanceId: host,
    isOnline: () => state.isOnline,
    run: (job, cancel) => new Promise((finish) => void jobs.push({ job, cancel, finish })),
  };
  return { agent, jobs, state };
}

export const done: AgentResult = {
  kind: 'finished',
  status: 'Success',
  responseCode: 0,
  stdout: 'out',
  stderr: '',
  steps: [],
};

export const request: SendCommandRequest = {
  instanceId: host,
  documentName: 'rollgate-payment-go',
  documentVersion: '1',
  comment: 'rollgate 1a2b',
  parameters: { fence: ['7'] },
  timeoutSeconds: 60,
};

export interface GivenRunCommand {
  readonly time: ManualClock;
  readonly agent: ReturnType<typeof createHeldAgent>;
  readonly faults: CommandFaultQueue;
  readonly events: RunCommandEvent[];
  /** The one that was started last. */
  readonly service: RunCommand;
  start(overrides?: Partial<RunCommandOptions>): void;
  /** What the delivery of a command, of a result and of events needs, and no timers. */
  settle(): Promise<void>;
  /** `Success/Success 0 out`; undefined where the command is not known. */
  standing(commandId: string): string | undefined;
}

/** Run Command over one host, in memory, with a clock that stands still. */
export function givenRunCommand(): GivenRunCommand {
  const time = createManualClock();
  const agent = createHeldAgent();
  const faults = createCommandFaultQueue();
  const events: RunCommandEvent[] = [];
  const create = (overrides: Partial<RunCommandOptions> = {}): RunCommand =>
    createRunCommand({
      documents: { 'rollgate-payment-go': content },
      agentOf: (instanceId) => (instanceId === host && agent.state.isRegistered ? agent.agent : undefined),
      clock: time,
      timers: time,
      region: 'eu-west-1',
      faults,
      onEvent: (event) => void events.push(event),
      ...overrides,
    });
  let service = create();
  return {
    time,
    agent,
    faults,
    events,
    get service() {
      return service;
    },
    start(overrides) {
      service = create(overrides);
    },
    settle: () => time.advance(0),
    standing(commandId) {
      const record = service.invocation(commandId, host);
      return record && `${record.status}/${record.statusDetails} ${record.responseCode} ${record.stdout}`.trimEnd();
    },
  };
}

export function eventLine(event: RunCommandEvent): string {
  return `${event['detail-type'].includes('Invocation') ? 'invocation' : 'command'} ${event.detail.status}`;
}
