import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../../core/errors.ts';
import { type CommandFaultQueue, createCommandFaultQueue } from '../../../local/run-command/command-faults.ts';
import type { AgentJob, AgentResult, HostAgent } from '../../../local/run-command/host-agent.ts';
import {
  createRunCommand,
  type RunCommand,
  type RunCommandOptions,
  type SendCommandRequest,
} from '../../../local/run-command/run-command.ts';
import type { RunCommandEvent } from '../../../local/run-command/status-event.ts';
import { createManualTime } from './manual-time.ts';

const host = 'i-0a1';
const content = JSON.stringify({
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

const done: AgentResult = {
  kind: 'finished',
  status: 'Success',
  responseCode: 0,
  stdout: 'out',
  stderr: '',
  steps: [],
};

let time: ReturnType<typeof createManualTime>;
let held: ReturnType<typeof createHeldAgent>;
let faults: CommandFaultQueue;
let events: RunCommandEvent[];
let service: RunCommand;

function create(overrides: Partial<RunCommandOptions> = {}): RunCommand {
  return createRunCommand({
    documents: { 'rollgate-payment-go': content },
    agentOf: (instanceId) => (instanceId === host && held.state.isRegistered ? held.agent : undefined),
    clock: time,
    timers: time,
    region: 'eu-west-1',
    faults,
    onEvent: (event) => void events.push(event),
    ...overrides,
  });
}

beforeEach(() => {
  time = createManualTime();
  held = createHeldAgent();
  faults = createCommandFaultQueue();
  events = [];
  service = create();
});
afterEach(() => service.close());

const request: SendCommandRequest = {
  instanceId: host,
  documentName: 'rollgate-payment-go',
  documentVersion: '1',
  comment: 'rollgate 1a2b',
  parameters: { fence: ['7'] },
  timeoutSeconds: 60,
};

/** What the delivery of a command, of a result and of events needs, and no timers. */
async function settle(): Promise<void> {
  await time.advance(0);
}

function standing(commandId: string) {
  const record = service.invocation(commandId, host);
  return record && `${record.status}/${record.statusDetails} ${record.responseCode} ${record.stdout}`.trimEnd();
}

function eventLine(event: RunCommandEvent): string {
  return `${event['detail-type'].includes('Invocation') ? 'invocation' : 'command'} ${event.detail.status}`;
}

describe('a command', () => {
  test('goes from Pending by InProgress to Success, and shows output only then', async () => {
    const { commandId } = service.send(request);
    const seen = [standing(commandId)];
    await settle();
    seen.push(standing(commandId));
    held.jobs[0]?.finish(done);
    await settle();
    seen.push(standing(commandId));

    expect(seen).toEqual(['Pending/Pending -1', 'InProgress/InProgress -1', 'Success/Success 0 out']);
    expect(held.jobs[0]?.job.parameters).toEqual({ fence: ['7'], mode: ['fast'] });
  });

  test('tells EventBridge of each change of status, in the shape that AWS gives', async () => {
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();

    expect(events.map(eventLine)).toEqual([
      'invocation InProgress',
      'command InProgress',
      'invocation Success',
      'command Success',
    ]);
    const envelope = {
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'aws.ssm',
      account: '000000000000',
      time: '2026-11-22T20:45:00Z',
      region: 'eu-west-1',
      resources: ['arn:aws:ec2:eu-west-1:000000000000:instance/i-0a1'],
    };
    expect(events.slice(2)).toEqual([
      {
        ...envelope,
        'detail-type': 'EC2 Command Invocation Status-change Notification',
        detail: {
          'command-id': commandId,
          'document-name': 'rollgate-payment-go',
          'instance-id': host,
          'requested-date-time': '2026-11-22T20:45:00.000Z',
          status: 'Success',
        },
      },
      {
        ...envelope,
        'detail-type': 'EC2 Command Status-change Notification',
        detail: {
          'command-id': commandId,
          'document-name': 'rollgate-payment-go',
          'expire-after': '2026-11-22T21:01:00.000Z',
          parameters: { fence: ['7'], mode: ['fast'] },
          'requested-date-time': '2026-11-22T20:45:00.000Z',
          status: 'Success',
        },
      },
    ]);
  });

  test('whose script ran too long is TimedOut with details ExecutionTimedOut', async () => {
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish({ ...done, status: 'TimedOut', responseCode: 137 } as AgentResult);
    await settle();

    expect(standing(commandId)).toBe('TimedOut/ExecutionTimedOut 137 out');
  });

  test('that the agent has not started in time is never started', async () => {
    const { commandId } = service.send(request);
    held.state.isOnline = false;
    await time.advance(59);
    const before = standing(commandId);
    await time.advance(1);
    held.state.isOnline = true;
    service.hostChanged(host);
    await settle();

    expect([before, standing(commandId), held.jobs.length]).toEqual([
      'Pending/Pending -1',
      'TimedOut/DeliveryTimedOut -1',
      0,
    ]);
    expect(events.map(eventLine)).toEqual(['invocation TimedOut', 'command TimedOut']);
  });

  test('waits for a host that went down and comes back in time', async () => {
    const { commandId } = service.send(request);
    held.state.isOnline = false;
    await time.advance(59);
    held.state.isOnline = true;
    service.hostChanged(host);
    await settle();

    expect(standing(commandId)).toBe('InProgress/InProgress -1');
  });

  test('for a host that is gone before it starts is Undeliverable', async () => {
    const { commandId } = service.send(request);
    held.state.isRegistered = false;
    await settle();

    expect(standing(commandId)).toBe('Failed/Undeliverable -1');
  });

  test('whose host went away stays InProgress until the total timeout, then is DeliveryTimedOut', async () => {
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish({ kind: 'lost' });
    await time.advance(959);
    const before = standing(commandId);
    await time.advance(1);

    expect([before, standing(commandId)]).toEqual(['InProgress/InProgress -1', 'TimedOut/DeliveryTimedOut -1']);
  });

  test('beyond five on one host waits until one of them ends', async () => {
    for (let index = 0; index < 6; index += 1) service.send(request);
    await settle();
    const atOnce = held.jobs.length;
    held.jobs[2]?.finish(done);
    await settle();

    expect([atOnce, held.jobs.length]).toEqual([5, 6]);
  });
});

describe('SendCommand refuses', () => {
  test.each([
    [
      'a host that SSM does not know',
      { instanceId: 'i-0ff' },
      'InvalidInstanceId: Instances [[i-0ff]] not in a valid state for account 000000000000',
    ],
    [
      'an unknown document',
      { documentName: 'rollgate-payment-no' },
      'InvalidDocument: Document rollgate-payment-no does not exist.',
    ],
    [
      'an unknown version',
      { documentVersion: '2' },
      'InvalidDocumentVersion: Document rollgate-payment-go has no version 2.',
    ],
    [
      'a version name',
      { documentVersion: 'stable' },
      'InvalidDocumentVersion: Document rollgate-payment-go has no version stable.',
    ],
    [
      'another hash',
      { documentHash: 'abc' },
      'InvalidDocument: The hash of rollgate-payment-go version 1 is not the one that was sent.',
    ],
    [
      'a parameter that breaks its rule',
      { parameters: { fence: ['x'] } },
      'InvalidParameters: fence: does not match allowedPattern ^[0-9]+$',
    ],
    [
      'a delivery timeout below 30 s',
      { timeoutSeconds: 29 },
      'ValidationException: timeoutSeconds: must be 30 to 2592000',
    ],
    [
      'a comment of 101 characters',
      { comment: 'x'.repeat(101) },
      'ValidationException: comment: is longer than 100 characters',
    ],
    [
      'parameters that are too large',
      { parameters: { fence: ['7'], mode: ['x'.repeat(65_536)] } },
      'MaxDocumentSizeExceeded: rollgate-payment-go and its parameters are larger than 65536 bytes',
    ],
  ])('%s, and sends nothing', async (_what, change, message) => {
    expect(() => service.send({ ...request, ...change })).toThrow(
      expect.objectContaining({ name: message.split(':')[0], message: message.slice(message.indexOf(':') + 2) }),
    );

    await settle();
    expect([held.jobs.length, events.length, service.find(host, request.comment)]).toEqual([0, 0, undefined]);
  });

  test('a host that is down', () => {
    held.state.isOnline = false;

    expect(() => service.send(request)).toThrow(expect.objectContaining({ name: 'InvalidInstanceId' }));
    expect(service.ping(host)).toBe('ConnectionLost');
  });
});

describe('CancelCommand', () => {
  test('ends a pending command, which then never runs', async () => {
    held.state.isOnline = true;
    const { commandId } = service.send(request);
    service.cancel(commandId, host);
    await settle();

    expect([standing(commandId), held.jobs.length]).toEqual(['Cancelled/Cancelled -1', 0]);
  });

  test('asks the agent to stop a running command, and believes what the agent says', async () => {
    const { commandId } = service.send(request);
    await settle();
    service.cancel(commandId, host);
    const between = [standing(commandId), held.jobs[0]?.cancel.aborted];
    held.jobs[0]?.finish({ ...done, status: 'Cancelled', responseCode: 137 } as AgentResult);
    await settle();

    expect([...between, standing(commandId)]).toEqual([
      'Cancelling/Cancelling -1',
      true,
      'Cancelled/Cancelled 137 out',
    ]);
  });

  test('changes nothing about a command that has ended', async () => {
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();
    service.cancel(commandId, host);

    expect(standing(commandId)).toBe('Success/Success 0 out');
  });

  test('of an unknown command is refused', () => {
    expect(() => service.cancel('c-9', host)).toThrow(expect.objectContaining({ name: 'InvalidCommandId' }));
  });
});

describe('simulated faults', () => {
  test('a throttled send has sent nothing', async () => {
    faults.givenSend({ kind: 'throttle' });

    expect(() => service.send(request)).toThrow(TransientAwsError);
    await settle();
    expect([held.jobs.length, service.find(host, request.comment)]).toEqual([0, undefined]);
  });

  test('a send whose answer is lost is found by its comment', async () => {
    faults.givenSend({ kind: 'lose-response' });

    expect(() => service.send(request)).toThrow(TransientAwsError);
    await settle();
    expect(service.find(host, request.comment)?.status).toBe('InProgress');
    expect(service.find('i-0b2', request.comment)).toBeUndefined();
  });

  test('a lost command never runs and times out in delivery', async () => {
    faults.givenSend({ kind: 'lose-command' });
    const { commandId } = service.send(request);
    await time.advance(60);

    expect([standing(commandId), held.jobs.length]).toEqual(['TimedOut/DeliveryTimedOut -1', 0]);
  });

  test('a lost result leaves the work done and the command InProgress', async () => {
    faults.givenSend({ kind: 'lose-result', runs: true });
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();

    expect(standing(commandId)).toBe('InProgress/InProgress -1');
  });

  test('a command that runs twice reports once', async () => {
    faults.givenSend({ kind: 'run-twice' });
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();
    held.jobs[1]?.finish({ ...done, stdout: 'second' } as AgentResult);
    await service.idle();

    expect([standing(commandId), held.jobs.length]).toEqual(['Success/Success 0 out', 2]);
  });

  test('a command that starts after SSM gave it up runs, and SSM does not learn of it', async () => {
    const release = Promise.withResolvers<void>();
    faults.givenSend({ kind: 'start-after', released: release.promise });
    const { commandId } = service.send(request);
    await time.advance(60);
    release.resolve();
    await settle();
    held.jobs[0]?.finish(done);
    await service.idle();

    expect([standing(commandId), held.jobs.length]).toEqual(['TimedOut/DeliveryTimedOut -1', 1]);
  });

  test('a command that was cancelled in vain runs all the same', async () => {
    const release = Promise.withResolvers<void>();
    faults.givenSend({ kind: 'start-after', released: release.promise });
    const { commandId } = service.send(request);
    service.cancel(commandId, host);
    release.resolve();
    await settle();
    held.jobs[0]?.finish(done);
    await service.idle();

    expect([standing(commandId), held.jobs.length]).toEqual(['Cancelled/Cancelled -1', 1]);
  });

  test('a command that starts late, yet in time, is an ordinary one', async () => {
    faults.givenSend({ kind: 'start-late', seconds: 20 });
    const { commandId } = service.send(request);
    await time.advance(19);
    const before = held.jobs.length;
    await time.advance(1);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();

    expect([before, standing(commandId)]).toEqual([0, 'Success/Success 0 out']);
  });

  test('a command may not be known to GetCommandInvocation at first', () => {
    faults.givenSend({ kind: 'invisible', looks: 2 });
    const { commandId } = service.send(request);

    expect([standing(commandId), standing(commandId), standing(commandId)]).toEqual([
      undefined,
      undefined,
      'Pending/Pending -1',
    ]);
  });

  test('events are dropped, doubled, delayed and held', async () => {
    const release = Promise.withResolvers<void>();
    const isInvocation = (event: RunCommandEvent) => event['detail-type'].includes('Invocation');
    faults.givenEvent({ kind: 'drop' }, (event) => isInvocation(event) && event.detail.status === 'InProgress');
    faults.givenEvent({ kind: 'delay', seconds: 5 }, (event) => !isInvocation(event));
    faults.givenEvent({ kind: 'duplicate' }, (event) => event.detail.status === 'Success');
    faults.givenEvent({ kind: 'hold', released: release.promise }, (event) => event.detail.status === 'Success');
    service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();
    const atFirst = events.map(eventLine);
    await time.advance(5);
    await settle();
    const later = events.map(eventLine);
    release.resolve();
    await settle();

    expect(atFirst).toEqual(['invocation Success', 'invocation Success']);
    expect(later.slice(2)).toEqual(['command InProgress']);
    expect(events.map(eventLine).slice(3)).toEqual(['command Success']);
    expect(faults.pending()).toBe(0);
  });

  test('each strikes once, and only what it is meant for', () => {
    faults.givenSend({ kind: 'throttle' }, (sent) => sent.comment === 'other');
    service.send(request);

    expect(() => service.send({ ...request, comment: 'other' })).toThrow(TransientAwsError);
    expect(service.send({ ...request, comment: 'other' }).commandId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a listener that fails', () => {
  test('changes nothing for the command, and is logged', async () => {
    const lines: string[] = [];
    service = create({
      onEvent: async () => {
        throw new Error('no such token');
      },
      log: (line) => void lines.push(line),
    });
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await service.idle();

    expect(standing(commandId)).toBe('Success/Success 0 out');
    expect(lines[0]).toContain('no such token');
  });
});

describe('with a state folder', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'rollgate-commands-'));
    service = create({ stateDir });
  });

  test('finished commands are there after a new start, by id and by comment', async () => {
    const { commandId } = service.send(request);
    await settle();
    held.jobs[0]?.finish(done);
    await settle();
    service.close();

    service = create({ stateDir });

    expect(standing(commandId)).toBe('Success/Success 0 out');
    expect(service.find(host, request.comment)?.commandId).toBe(commandId);
  });

  test('a command in flight when the engine died is not run again and times out in the end', async () => {
    const { commandId } = service.send(request);
    await settle();
    service.close();
    held.jobs.length = 0;

    service = create({ stateDir });
    await time.advance(959);
    service.hostChanged(host);
    const before = standing(commandId);
    await time.advance(1);

    expect([before, standing(commandId), held.jobs.length]).toEqual([
      'InProgress/InProgress -1',
      'TimedOut/DeliveryTimedOut -1',
      0,
    ]);
  });

  test('a deadline that passed while there was no engine is kept at once', async () => {
    const { commandId } = service.send(request);
    service.close();
    await time.advance(3_600);
    events.length = 0;

    service = create({ stateDir });
    await time.advance(0);

    expect(standing(commandId)).toBe('TimedOut/DeliveryTimedOut -1');
    expect(events.map(eventLine)).toEqual(['invocation TimedOut', 'command TimedOut']);
  });

  test('files are whole, private and without leftovers; a half written one is dropped', async () => {
    const { commandId } = service.send(request);
    await settle();
    service.close();
    const folder = join(stateDir, 'commands');
    const path = join(folder, `${commandId}.json`);
    writeFileSync(join(folder, `${commandId}.json.1.new`), '{');

    service = create({ stateDir });

    expect(readdirSync(folder)).toEqual([`${commandId}.json`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8')).status).toBe('InProgress');
  });

  test('commands older than 30 days are forgotten', async () => {
    const { commandId } = service.send(request);
    service.cancel(commandId, host);
    service.close();
    await time.advance(31 * 24 * 3_600);

    service = create({ stateDir });

    expect([standing(commandId), readdirSync(join(stateDir, 'commands'))]).toEqual([undefined, []]);
  });

  test('a document that changes gets a new version, and the old one can still be sent', async () => {
    const old = service.document('rollgate-payment-go');
    service.close();

    service = create({ stateDir, documents: { 'rollgate-payment-go': content.replace('true', 'false') } });

    expect(old.version).toBe('1');
    expect(service.document('rollgate-payment-go').version).toBe('2');
    expect(service.document('rollgate-payment-go', '1')).toEqual(old);
    service.send({ ...request, documentVersion: '1', documentHash: old.hash });
    await settle();
    expect(held.jobs[0]?.job.document.hash).toBe(old.hash);
  });
});
