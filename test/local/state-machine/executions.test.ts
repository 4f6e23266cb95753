import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExecutionStatusChange } from '../../../local/state-machine/status-change.ts';
import type { TransitionEvent } from '../../../local/state-machine/visits.ts';
import { givenMachine, lambda, machineOf, NamedError, parked } from './run-definition.ts';

const arn = 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:d-1';
const waiting = machineOf({ Await: parked('Park', { Next: 'Done' }), Done: { Type: 'Succeed' } });
const functions = { Park: async () => undefined };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'executions-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('starting', () => {
  test('the same name and input while it runs is the running one, whatever the order of the keys', async () => {
    const { executions } = await givenMachine(waiting, functions);

    expect(await executions.start('d-1', { a: 1, b: 2 })).toEqual({ kind: 'started', executionArn: arn });
    expect(await executions.start('d-1', { b: 2, a: 1 })).toEqual({ kind: 'started', executionArn: arn });
    expect(executions.arnOf('d-1')).toBe(arn);
  });

  test('of many starts at once there is one execution', async () => {
    const events: ExecutionStatusChange[] = [];
    const { executions } = await givenMachine(waiting, functions, {
      directory,
      onStatusChange: (event) => events.push(event),
    });

    const results = await Promise.all([1, 2, 3].map(() => executions.start('d-1', {})));

    expect(results.map((result) => result.kind)).toEqual(['started', 'started', 'started']);
    expect(events).toHaveLength(1);
    await executions.close();
  });

  test('another input, and a name that was used before, also by an earlier process, exist', async () => {
    const { executions } = await givenMachine(machineOf({ Done: { Type: 'Succeed' } }), {}, { directory });
    const slow = await givenMachine(waiting, functions);
    await slow.executions.start('d-1', { a: 1 });
    await executions.start('d-1', {});
    await executions.ended(arn);
    const later = await givenMachine(machineOf({ Done: { Type: 'Succeed' } }), {}, { directory });

    expect((await slow.executions.start('d-1', { a: 2 })).kind).toBe('exists');
    expect((await executions.start('d-1', {})).kind).toBe('exists');
    expect((await later.executions.start('d-1', {})).kind).toBe('exists');
  });

  test.each(['', '../d-1', 'a b', 'x'.repeat(81), 'd:1'])('the name %j is refused', async (name) => {
    const { executions } = await givenMachine(waiting, functions, { directory });

    await expect(executions.start(name, {})).rejects.toThrow('InvalidName');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('describing', () => {
  test('a running and an ended execution say what AWS says, also after a restart', async () => {
    const { executions, clock } = await givenMachine(waiting, functions, { directory });
    await executions.start('d-1', { a: 1 });
    const running = await executions.describe(arn);
    await clock.advance(90);
    await executions.taskSucceeded(executions.parked()[0]?.token ?? '', { b: 2 });
    const ended = await executions.ended(arn);
    const later = await givenMachine(waiting, functions, { directory });

    expect(running).toEqual({
      executionArn: arn,
      name: 'd-1',
      status: 'RUNNING',
      startedAt: '2026-11-22T20:45:00.000Z',
      input: '{"a":1}',
    });
    expect(ended).toEqual({
      ...running,
      status: 'SUCCEEDED',
      stoppedAt: '2026-11-22T20:46:30.000Z',
      output: '{"b":2}',
    });
    expect(await executions.describe(arn)).toEqual(ended);
    expect(await later.executions.describe(arn)).toEqual(ended);
    expect(await later.executions.ended(arn)).toEqual(ended);
    expect(await later.executions.list()).toEqual([ended]);
  });

  test('an execution that nobody knows is undefined', async () => {
    const { executions } = await givenMachine(waiting, functions, { directory });

    expect(await executions.describe(`${arn}-x`)).toBeUndefined();
    expect(await executions.describe('arn:aws:states:eu-west-1:000000000000:execution:other:d-1')).toBeUndefined();
    expect(await executions.describe('nonsense')).toBeUndefined();
    expect(await executions.ended(`${arn}-x`)).toBeUndefined();
  });

  test('the history on disk tells each state with its times, attempts and failures', async () => {
    let calls = 0;
    const definition = machineOf({
      Admit: lambda('F', {
        Next: 'Await',
        ResultPath: null,
        Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5 }],
      }),
      Await: parked('Park', {
        TimeoutSeconds: 60,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Done' }],
        Next: 'Done',
      }),
      Done: { Type: 'Succeed' },
    });
    const { executions, clock } = await givenMachine(
      definition,
      {
        ...functions,
        F: async () => {
          calls += 1;
          if (calls === 1) throw new NamedError('E');
        },
      },
      { directory },
    );
    await executions.start('d-1', {});
    await clock.advance(65);
    await executions.ended(arn);

    const { visits } = JSON.parse(await readFile(join(directory, 'd-1.json'), 'utf8'));
    const top = { iteration: [] };
    expect(visits).toEqual([
      {
        ...top,
        state: 'Admit',
        type: 'Task',
        enteredAt: '2026-11-22T20:45:00.000Z',
        exitedAt: '2026-11-22T20:45:05.000Z',
        attempts: 2,
        error: 'E',
        cause: expect.stringContaining('"errorType":"E"'),
      },
      {
        ...top,
        state: 'Await',
        type: 'Task',
        enteredAt: '2026-11-22T20:45:05.000Z',
        exitedAt: '2026-11-22T20:46:05.000Z',
        attempts: 1,
        error: 'States.Timeout',
        cause: '',
        caughtBy: 'Done',
      },
      {
        ...top,
        state: 'Done',
        type: 'Succeed',
        enteredAt: '2026-11-22T20:46:05.000Z',
        exitedAt: '2026-11-22T20:46:05.000Z',
        attempts: 0,
      },
    ]);
    expect(await executions.visits(arn)).toEqual(visits);
  });

  test('transitions are told as they happen, before the function of the state is called', async () => {
    const told: string[] = [];
    const { run } = await givenMachine(
      machineOf({ Admit: lambda('F', { Next: 'Hub' }), Hub: { Type: 'Pass', Next: 'Plan' }, Plan: lambda('F') }),
      { F: async () => void told.push('called') },
      { onTransition: ({ transition, visit }: TransitionEvent) => told.push(`${transition} ${visit.state}`) },
    );

    await run();

    const step = (state: string) => [`entered ${state}`, `attempted ${state}`, 'called', `exited ${state}`];
    expect(told).toEqual([...step('Admit'), 'entered Hub', 'exited Hub', ...step('Plan')]);
  });
});

describe('stopping', () => {
  test('ends at once with the error and cause given; its token is dead and nothing goes on', async () => {
    const calls: string[] = [];
    const definition = machineOf({
      Await: parked('Park', {
        HeartbeatSeconds: 60,
        TimeoutSeconds: 600,
        Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 9 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
        Next: 'After',
      }),
      After: lambda('After'),
    });
    const { executions, clock } = await givenMachine(definition, {
      Park: async () => void calls.push('park'),
      After: async () => void calls.push('after'),
    });
    await executions.start('d-1', {});
    await clock.advance(1);
    const token = executions.parked()[0]?.token ?? '';

    await executions.stop(arn, 'OperatorStop', 'ann stopped it');

    expect(await executions.describe(arn)).toMatchObject({
      status: 'ABORTED',
      error: 'OperatorStop',
      cause: 'ann stopped it',
    });
    expect(await executions.taskSucceeded(token, {})).toBe(false);
    await clock.advance(3600);
    expect(calls).toEqual(['park']);
    expect(clock.pending()).toBe(0);
    expect((await executions.visits(arn)).map((visit) => visit.state)).toEqual(['Await']);
  });

  test('ends a retry that waits, and a Map with everything in it', async () => {
    let calls = 0;
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, MaxAttempts: 99 }];
    const Each = lambda('F', { Retry });
    const { executions, clock } = await givenMachine(
      machineOf({
        Wave: { Type: 'Map', ItemsPath: '$.hosts', MaxConcurrency: 2, ItemProcessor: machineOf({ Each }), End: true },
      }),
      {
        F: async () => {
          calls += 1;
          throw new NamedError('E');
        },
      },
    );
    await executions.start('d-1', { hosts: [1, 2, 3] });
    await clock.advance(0);

    await executions.stop(arn, 'OperatorStop', '');
    await clock.advance(3600);

    expect(calls).toBe(2);
    expect(clock.pending()).toBe(0);
  });

  test('an execution that has ended, or that nobody knows, stays as it is', async () => {
    const { executions, run } = await givenMachine(machineOf({ Done: { Type: 'Succeed' } }));
    await run();

    await executions.stop(executions.arnOf('run-1'), 'E', 'c');
    await executions.stop(`${arn}-x`, 'E', 'c');

    expect(await executions.describe(executions.arnOf('run-1'))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('status events', () => {
  test('a start and an end are told as EventBridge tells them, after they are on disk', async () => {
    const seen: unknown[] = [];
    const events: ExecutionStatusChange[] = [];
    const { executions, clock } = await givenMachine(waiting, functions, {
      directory,
      onStatusChange: (event) => {
        events.push(event);
        seen.push(readFile(join(directory, 'd-1.json'), 'utf8').then((text) => JSON.parse(text).status));
      },
    });
    await executions.start('d-1', { a: 1 });
    await clock.advance(1);
    await executions.taskFailed(executions.parked()[0]?.token ?? '', 'GateFailedError', 'no');
    await executions.ended(arn);

    const detail = {
      executionArn: arn,
      stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:rollgate-payment',
      name: 'd-1',
      status: 'RUNNING',
      startDate: Date.UTC(2026, 10, 22, 20, 45),
      stopDate: null,
      input: '{"a":1}',
      output: null,
      inputDetails: { included: true },
      outputDetails: null,
      error: null,
      cause: null,
    };
    expect(events[0]).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      account: '000000000000',
      time: '2026-11-22T20:45:00Z',
      region: 'eu-west-1',
      resources: [arn],
      detail,
    });
    const stopDate = detail.startDate + 1000;
    expect(events.slice(1).map((event) => event.detail)).toEqual([
      { ...detail, status: 'FAILED', stopDate, error: 'GateFailedError', cause: 'no' },
    ]);
    expect(await Promise.all(seen)).toEqual(['RUNNING', 'FAILED']);
  });

  test('recovery makes what an earlier process left running ABORTED, once, and tells it', async () => {
    const first = await givenMachine(waiting, functions, { directory });
    await first.executions.start('d-1', { a: 1 });
    await first.executions.start('d-2', {});
    await first.clock.advance(0);
    await first.executions.stop(first.executions.arnOf('d-2'), 'E', 'c');
    await first.executions.close();
    const events: ExecutionStatusChange[] = [];
    const next = await givenMachine(waiting, functions, { directory, onStatusChange: (event) => events.push(event) });

    const aborted = await next.executions.recover();

    expect(aborted).toEqual([
      {
        executionArn: arn,
        name: 'd-1',
        status: 'ABORTED',
        startedAt: '2026-11-22T20:45:00.000Z',
        stoppedAt: '2026-11-22T20:45:00.000Z',
        input: '{"a":1}',
        error: 'EngineStopped',
        cause: 'The engine was stopped or killed while this execution ran.',
      },
    ]);
    expect(await next.executions.describe(arn)).toEqual(aborted[0]);
    expect((await next.executions.visits(arn)).map((visit) => visit.state)).toEqual(['Await']);
    expect(events.map((event) => [event.detail.name, event.detail.status])).toEqual([['d-1', 'ABORTED']]);
    expect(await next.executions.recover()).toEqual([]);
  });

  test('recovery leaves alone what runs in this process', async () => {
    const { executions } = await givenMachine(waiting, functions, { directory });
    await executions.start('d-1', {});

    expect(await executions.recover()).toEqual([]);
    expect(await executions.describe(arn)).toMatchObject({ status: 'RUNNING' });
    await executions.close();
  });
});

test('closing stops everything without an end, and whoever waits for one is told', async () => {
  const { executions, clock } = await givenMachine(waiting, functions, { directory });
  await executions.start('d-1', {});
  await clock.advance(0);
  const ended = executions.ended(arn);

  await executions.close();

  await expect(ended).rejects.toThrow('the engine was stopped while d-1 ran');
  expect(executions.parked()).toEqual([]);
  expect(await executions.describe(arn)).toMatchObject({ status: 'RUNNING' });
});

test('a definition that would run otherwise here than on AWS is refused with everything that is wrong', async () => {
  const definition = machineOf({
    Admit: lambda('Missing', { Next: 'Bake' }),
    Bake: { ...lambda('Park', { Next: 'Wave' }), Assign: { x: 1 } } as never,
    Wave: {
      Type: 'Map',
      ToleratedFailureCount: 1,
      ItemProcessor: machineOf({ Admit: lambda('Park', {}, { 'token.$': '$$.Task.Token' }) }),
      Next: 'Copy',
    } as never,
    Copy: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:s3:copyObject', Parameters: {}, Next: 'Context' },
    Context: { Type: 'Pass', Parameters: { 'all.$': '$$' }, Next: 'Empty' },
    Empty: { Type: 'Pass', Result: false, End: true },
  });

  const refused = givenMachine(definition, functions);

  await expect(refused).rejects.toThrow(
    [
      "the state machine definition can't be run:",
      'Admit: state names must be unique, also across Map and Parallel',
      'Admit: no function Missing (there are: Park)',
      'Bake: Assign is not run here',
      'Wave: ToleratedFailureCount is not run here',
      'Admit: $$.Task.Token is for .waitForTaskToken alone',
      'Copy: Resource arn:aws:states:::aws-sdk:s3:copyObject with a FunctionName is not run here',
      'Context: the whole context object ($$) is not given here',
      'Empty: a Result that is empty is not run here',
    ].join('\n'),
  );
});

test('a definition that AWS would refuse is refused', async () => {
  await expect(givenMachine(machineOf({ Admit: { Type: 'Pass', Next: 'Nowhere' } }))).rejects.toThrow('Nowhere');
});
