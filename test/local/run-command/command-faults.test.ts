import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientAwsError } from '../../../core/model/errors.ts';
import type { AgentResult } from '../../../local/run-command/host-agent.ts';
import type { RunCommandEvent } from '../../../local/run-command/status-event.ts';
import { done, eventLine, type GivenRunCommand, givenRunCommand, host, request } from './given-run-command.ts';

let given: GivenRunCommand;

beforeEach(() => {
  given = givenRunCommand();
});
afterEach(() => given.service.close());

describe('simulated faults', () => {
  test('a throttled send has sent nothing', async () => {
    given.faults.givenSend({ kind: 'throttle' });

    expect(() => given.service.send(request)).toThrow(TransientAwsError);
    await given.settle();
    expect([given.agent.jobs.length, given.service.find(host, request.comment)]).toEqual([0, undefined]);
  });

  test('a send whose answer is lost is found by its comment', async () => {
    given.faults.givenSend({ kind: 'lose-response' });

    expect(() => given.service.send(request)).toThrow(TransientAwsError);
    await given.settle();
    expect(given.service.find(host, request.comment)?.status).toBe('InProgress');
    expect(given.service.find('i-0b2', request.comment)).toBeUndefined();
  });

  test('a lost command never runs and times out in delivery', async () => {
    given.faults.givenSend({ kind: 'lose-command' });
    const { commandId } = given.service.send(request);
    await given.time.advance(60);

    expect([given.standing(commandId), given.agent.jobs.length]).toEqual(['TimedOut/DeliveryTimedOut -1', 0]);
  });

  test('a lost result leaves the work done and the command InProgress', async () => {
    given.faults.givenSend({ kind: 'lose-result', runs: true });
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();

    expect(given.standing(commandId)).toBe('InProgress/InProgress -1');
  });

  test('a command that runs twice reports once', async () => {
    given.faults.givenSend({ kind: 'run-twice' });
    const { commandId } = given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();
    given.agent.jobs[1]?.finish({ ...done, stdout: 'second' } as AgentResult);
    await given.service.idle();

    expect([given.standing(commandId), given.agent.jobs.length]).toEqual(['Success/Success 0 out', 2]);
  });

  test('a command that starts after SSM gave it up runs, and SSM does not learn of it', async () => {
    const release = Promise.withResolvers<void>();
    given.faults.givenSend({ kind: 'start-after', released: release.promise });
    const { commandId } = given.service.send(request);
    await given.time.advance(60);
    release.resolve();
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.service.idle();

    expect([given.standing(commandId), given.agent.jobs.length]).toEqual(['TimedOut/DeliveryTimedOut -1', 1]);
  });

  test('a command that was cancelled in vain runs all the same', async () => {
    const release = Promise.withResolvers<void>();
    given.faults.givenSend({ kind: 'start-after', released: release.promise });
    const { commandId } = given.service.send(request);
    given.service.cancel(commandId, host);
    release.resolve();
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.service.idle();

    expect([given.standing(commandId), given.agent.jobs.length]).toEqual(['Cancelled/Cancelled -1', 1]);
  });

  test('a command that starts late, yet in time, is an ordinary one', async () => {
    given.faults.givenSend({ kind: 'start-late', seconds: 20 });
    const { commandId } = given.service.send(request);
    await given.time.advance(19);
    const before = given.agent.jobs.length;
    await given.time.advance(1);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();

    expect([before, given.standing(commandId)]).toEqual([0, 'Success/Success 0 out']);
  });

  test('a command may not be known to GetCommandInvocation at first', () => {
    given.faults.givenSend({ kind: 'invisible', looks: 2 });
    const { commandId } = given.service.send(request);

    expect([given.standing(commandId), given.standing(commandId), given.standing(commandId)]).toEqual([
      undefined,
      undefined,
      'Pending/Pending -1',
    ]);
  });

  test('events are dropped, doubled, delayed and held', async () => {
    const release = Promise.withResolvers<void>();
    const isInvocation = (event: RunCommandEvent) => event['detail-type'].includes('Invocation');
    given.faults.givenEvent({ kind: 'drop' }, (event) => isInvocation(event) && event.detail.status === 'InProgress');
    given.faults.givenEvent({ kind: 'delay', seconds: 5 }, (event) => !isInvocation(event));
    given.faults.givenEvent({ kind: 'duplicate' }, (event) => event.detail.status === 'Success');
    given.faults.givenEvent({ kind: 'hold', released: release.promise }, (event) => event.detail.status === 'Success');
    given.service.send(request);
    await given.settle();
    given.agent.jobs[0]?.finish(done);
    await given.settle();
    const atFirst = given.events.map(eventLine);
    await given.time.advance(5);
    await given.settle();
    const later = given.events.map(eventLine);
    release.resolve();
    await given.settle();

    expect(atFirst).toEqual(['invocation Success', 'invocation Success']);
    expect(later.slice(2)).toEqual(['command InProgress']);
    expect(given.events.map(eventLine).slice(3)).toEqual(['command Success']);
    expect(given.faults.pending()).toBe(0);
  });

  test('each strikes once, and only what it is meant for', () => {
    given.faults.givenSend({ kind: 'throttle' }, (sent) => sent.comment === 'other');
    given.service.send(request);

    expect(() => given.service.send({ ...request, comment: 'other' })).toThrow(TransientAwsError);
    expect(given.service.send({ ...request, comment: 'other' }).commandId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
