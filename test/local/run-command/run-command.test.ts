import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentResult } from '../../../local/run-command/host-agent.ts';
import { content, done, eventLine, type GivenRunCommand, givenRunCommand, host, request } from './given-run-command.ts';

let given: GivenRunCommand;

beforeEach(() => {
  given = givenRunCommand();
});
afterEach(() => given.service.close());

describe('a command', () => {
  test('goes from Pending by InProgress to Success, and shows output only then', async () => {
    const { commandId } = given.service.send(request);
    const seen = [given.standing(commandId)];
    await given.settle();
    seen.push(given.standing(commandId));
    given.agent.jobs[0]?.finish(done);
    await given.settle();
    seen.push(given.standing(commandId));

    expect(seen).toEqual(['Pending/Pending -1', 'InProgress/InProgress -1', 'Success/Success 0 out']);
    expect(given.agent.jobs[0]?.job.parameters).toEqual({ fence: ['7'], mode: ['fast'] });
  });

  test('tells EventBridge of each change of status, in the shape that AWS gives', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();

    expect(given.events.map(eventLine)).toEqual([
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
    expect(given.events.slice(2)).toEqual([
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
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish({ ...done, status: 'TimedOut', responseCode: 137 } as AgentResult);
    await given.settle();

    expect(given.standing(commandId)).toBe('TimedOut/ExecutionTimedOut 137 out');
  });

  test('that the agent has not started in time is never started', async () => {
    const { commandId } = given.service.send(request);
    given.agent.state.isOnline = false;
    await given.time.advance(59);
    const before = given.standing(commandId);
    await given.time.advance(1);
    given.agent.state.isOnline = true;
    given.service.hostChanged(host);
    await given.settle();

    expect([before, given.standing(commandId), given.agent.jobs.length]).toEqual([
      'Pending/Pending -1',
      'TimedOut/DeliveryTimedOut -1',
      0,
    ]);
    expect(given.events.map(eventLine)).toEqual(['invocation TimedOut', 'command TimedOut']);
  });

  test('waits for a host that went down and comes back in time', async () => {
    const { commandId } = given.service.send(request);
    given.agent.state.isOnline = false;
    await given.time.advance(59);
    given.agent.state.isOnline = true;
    given.service.hostChanged(host);
    await given.settle();

    expect(given.standing(commandId)).toBe('InProgress/InProgress -1');
  });

  test('for a host that is gone before it starts is Undeliverable', async () => {
    const { commandId } = given.service.send(request);
    given.agent.state.isRegistered = false;
    await given.settle();

    expect(given.standing(commandId)).toBe('Failed/Undeliverable -1');
  });

  test('whose host went away stays InProgress until the total timeout, then is DeliveryTimedOut', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish({ kind: 'lost' });
    await given.time.advance(959);
    const before = given.standing(commandId);
    await given.time.advance(1);

    expect([before, given.standing(commandId)]).toEqual(['InProgress/InProgress -1', 'TimedOut/DeliveryTimedOut -1']);
  });

  test('beyond five on one host waits until one of them ends', async () => {
    for (let index = 0; index < 6; index += 1) given.service.send(request);
    await given.settle();
    const atOnce = given.agent.jobs.length;
    given.agent.jobs[2]?.finish(done);
    await given.settle();

    expect([atOnce, given.agent.jobs.length]).toEqual([5, 6]);
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
    expect(() => given.service.send({ ...request, ...change })).toThrow(
      expect.objectContaining({ name: message.split(':')[0], message: message.slice(message.indexOf(':') + 2) }),
    );

    await given.settle();
    expect([given.agent.jobs.length, given.events.length, given.service.find(host, request.comment)]).toEqual([
      0,
      0,
      undefined,
    ]);
  });

  test('a host that is down', () => {
    given.agent.state.isOnline = false;

    expect(() => given.service.send(request)).toThrow(expect.objectContaining({ name: 'InvalidInstanceId' }));
    expect(given.service.ping(host)).toBe('ConnectionLost');
  });
});

describe('a document', () => {
  const other = content.replace('fast', 'slow');

  test('that changes has a new version, which later commands get; the old one stays to be named', async () => {
    const first = given.service.document(request.documentName);
    given.service.putDocument(request.documentName, content);
    const same = given.service.document(request.documentName);
    given.service.putDocument(request.documentName, other);
    const second = given.service.document(request.documentName);
    given.service.send({ ...request, documentVersion: '1' });
    given.service.send({ ...request, documentVersion: '$DEFAULT' });
    await given.settle();

    expect([first.version, same, second.version]).toEqual(['1', first, '2']);
    expect(given.agent.jobs.map(({ job }) => job.parameters['mode'])).toEqual([['fast'], ['slow']]);
    expect(given.service.commands().map((command) => command.documentVersion)).toEqual(['1', '2']);
  });

  test('that is removed is unknown, and begins anew with version 1', () => {
    given.service.putDocument(request.documentName, other);
    given.service.removeDocument(request.documentName);
    expect(() => given.service.send(request)).toThrow(expect.objectContaining({ name: 'InvalidDocument' }));

    given.service.putDocument(request.documentName, other);
    expect(given.service.document(request.documentName).version).toBe('1');
  });

  test('that is wrong is refused, and the one before stays', () => {
    expect(() => given.service.putDocument(request.documentName, '{}')).toThrow(
      expect.objectContaining({ name: 'InvalidDocumentContent' }),
    );
    expect(given.service.document(request.documentName).version).toBe('1');
  });
});

describe('CancelCommand', () => {
  test('ends a pending command, which then never runs', async () => {
    given.agent.state.isOnline = true;
    const { commandId } = given.service.send(request);
    given.service.cancel(commandId, host);
    await given.settle();

    expect([given.standing(commandId), given.agent.jobs.length]).toEqual(['Cancelled/Cancelled -1', 0]);
  });

  test('asks the agent to stop a running command, and believes what the agent says', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.service.cancel(commandId, host);
    const between = [given.standing(commandId), given.agent.jobs[0]?.cancel.aborted];
    given.agent.jobs[0]?.finish({ ...done, status: 'Cancelled', responseCode: 137 } as AgentResult);
    await given.settle();

    expect([...between, given.standing(commandId)]).toEqual([
      'Cancelling/Cancelling -1',
      true,
      'Cancelled/Cancelled 137 out',
    ]);
  });

  test('changes nothing about a command that has ended', async () => {
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();
    given.service.cancel(commandId, host);

    expect(given.standing(commandId)).toBe('Success/Success 0 out');
  });

  test('of an unknown command is refused', () => {
    expect(() => given.service.cancel('c-9', host)).toThrow(expect.objectContaining({ name: 'InvalidCommandId' }));
  });
});

describe('a listener that fails', () => {
  test('changes nothing for the command, and is logged', async () => {
    const lines: string[] = [];
    given.start({
      onEvent: async () => {
        throw new Error('no such token');
      },
      log: (line) => void lines.push(line),
    });
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.service.idle();

    expect(given.standing(commandId)).toBe('Success/Success 0 out');
    expect(lines[0]).toContain('no such token');
  });
});
