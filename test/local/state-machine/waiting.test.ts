import { expect, test } from 'vitest';
import type { State } from '../../../local/state-machine/definition.ts';
import { givenMachine, lambda, NamedError, parked } from './run-definition.ts';

/** A function that keeps the tokens it is given. */
function parking() {
  const tokens: string[] = [];
  return {
    tokens,
    run: async (payload: unknown) => {
      tokens.push((payload as { taskToken: string }).taskToken);
      return 'ignored';
    },
  };
}

const caught = (...errorEquals: readonly string[]): Partial<State> => ({
  Catch: [
    { ErrorEquals: ['States.TaskFailed'], Next: 'TaskFailed', ResultPath: '$.failure' },
    { ErrorEquals: errorEquals, Next: 'Caught', ResultPath: '$.failure' },
  ],
  Next: 'Done',
});
const ends = { Done: { Type: 'Succeed' }, Caught: { Type: 'Succeed' }, TaskFailed: { Type: 'Succeed' } } as const;

test('a parked task ends with the answer to its token, not with what its function returned', async () => {
  const { tokens, run: Park } = parking();
  const { run, clock, executions } = await givenMachine({ Await: parked('Park') }, { Park });
  const ended = run({ host: 'i-1' });
  await clock.advance(3600);

  expect(executions.parked()).toEqual([
    {
      token: tokens[0],
      executionArn: executions.arnOf('run-1'),
      state: 'Await',
      functionName: 'Park',
      iteration: [],
      parkedAt: Date.UTC(2026, 10, 22, 20, 45),
    },
  ]);
  expect(await executions.taskSucceeded(tokens[0] ?? '', { status: 'approved' })).toBe(true);
  expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: { status: 'approved' } });
  expect(executions.parked()).toEqual([]);
});

test('an answer that comes while the function still runs is taken', async () => {
  const { run, executions } = await givenMachine(
    { Await: parked('Park') },
    {
      Park: async (payload) => {
        await executions.taskSucceeded((payload as { taskToken: string }).taskToken, 'early');
        throw new NamedError('TransientAwsError');
      },
    },
  );

  expect(await run()).toMatchObject({ status: 'SUCCEEDED', output: 'early' });
});

test('a failed token is the error and cause of the task', async () => {
  const { tokens, run: Park } = parking();
  const { run, clock, executions } = await givenMachine(
    { Await: parked('Park', caught('HaltedError')), ...ends },
    { Park },
  );
  const ended = run();
  await clock.advance(0);

  expect(await executions.taskFailed(tokens[0] ?? '', 'HaltedError', 'ann said halt')).toBe(true);

  expect(await ended).toMatchObject({
    output: { failure: { Error: 'HaltedError', Cause: 'ann said halt' } },
    visited: ['Await', 'TaskFailed'],
  });
});

test('a function that throws ends the attempt, and its token is dead', async () => {
  const tokens: string[] = [];
  const { run, executions } = await givenMachine(
    { Await: parked('Park', caught('States.ALL')), ...ends },
    {
      Park: async (payload) => {
        tokens.push((payload as { taskToken: string }).taskToken);
        throw new NamedError('LockLostError');
      },
    },
  );

  expect(await run()).toMatchObject({ output: { failure: { Error: 'LockLostError' } } });
  expect(await executions.taskSucceeded(tokens[0] ?? '', {})).toBe(false);
});

test('a missed heartbeat is States.HeartbeatTimeout, which States.TaskFailed does not match', async () => {
  const { run: Park } = parking();
  const { run, clock } = await givenMachine(
    {
      Await: parked('Park', { HeartbeatSeconds: 60, TimeoutSeconds: 600, ...caught('States.HeartbeatTimeout') }),
      ...ends,
    },
    { Park },
  );
  const ended = run();

  await clock.advance(59.999);
  expect(clock.pending()).toBe(2);
  await clock.advance(0.001);

  expect(await ended).toMatchObject({
    output: { failure: { Error: 'States.HeartbeatTimeout', Cause: '' } },
    visited: ['Await', 'Caught'],
  });
  expect(clock.pending()).toBe(0);
});

test('a missed heartbeat is caught as States.Timeout too', async () => {
  const { run: Park } = parking();
  const { run, clock } = await givenMachine(
    { Await: parked('Park', { HeartbeatSeconds: 60, TimeoutSeconds: 600, ...caught('States.Timeout') }), ...ends },
    { Park },
  );
  const ended = run();
  await clock.advance(60);

  expect(await ended).toMatchObject({ visited: ['Await', 'Caught'] });
});

test('a timeout is States.Timeout, which neither States.TaskFailed nor States.HeartbeatTimeout matches', async () => {
  const { run: Park } = parking();
  const { run, clock } = await givenMachine(
    {
      Await: parked('Park', {
        TimeoutSeconds: 600,
        Catch: [
          { ErrorEquals: ['States.TaskFailed', 'States.HeartbeatTimeout'], Next: 'TaskFailed' },
          { ErrorEquals: ['States.ALL'], Next: 'Caught' },
        ],
        Next: 'Done',
      }),
      ...ends,
    },
    { Park },
  );
  const ended = run();
  await clock.advance(600);

  expect(await ended).toMatchObject({ output: { Error: 'States.Timeout', Cause: '' }, visited: ['Await', 'Caught'] });
});

test('a function that takes too long is a timeout as well', async () => {
  const { run, clock } = await givenMachine(
    { Admit: lambda('Slow', { TimeoutSeconds: 30 }) },
    { Slow: () => new Promise(() => undefined) },
  );
  const ended = run();
  await clock.advance(30);

  expect(await ended).toEqual({ status: 'FAILED', error: 'States.Timeout', visited: ['Admit'] });
});

test('timeout and heartbeat are read from the input, not from the parameters', async () => {
  const { run: Park } = parking();
  const { run, clock } = await givenMachine(
    {
      Await: parked('Park', {
        TimeoutSecondsPath: '$.limits.timeout',
        HeartbeatSecondsPath: '$.limits.heartbeat',
        ...caught('States.ALL'),
      }),
      ...ends,
    },
    { Park },
  );
  const ended = run({ limits: { timeout: 600, heartbeat: 45 } });
  await clock.advance(45);

  expect(await ended).toMatchObject({ output: { failure: { Error: 'States.HeartbeatTimeout' } } });
});

test.each([0, -1, 1.5, '60', null])('a heartbeat of %j seconds ends the execution', async (heartbeat) => {
  const { run: Park } = parking();
  const { run } = await givenMachine(
    {
      Await: parked('Park', { TimeoutSeconds: 600, HeartbeatSecondsPath: '$.heartbeat', ...caught('States.ALL') }),
      ...ends,
    },
    { Park },
  );

  expect(await run({ heartbeat })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
});

test('each attempt has a token of its own, and an answer to a dead one is refused', async () => {
  const { tokens, run: Park } = parking();
  const Retry = [{ ErrorEquals: ['States.HeartbeatTimeout'], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 40 }];
  const { run, clock, executions } = await givenMachine(
    { Await: parked('Park', { HeartbeatSeconds: 60, TimeoutSeconds: 600, Retry }) },
    { Park },
  );
  const ended = run();
  await clock.advance(61);
  await clock.advance(61);

  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(3);
  expect(await executions.taskSucceeded(tokens[0] ?? '', 'late')).toBe(false);
  expect(await executions.taskFailed(tokens[1] ?? '', 'E', 'late')).toBe(false);
  expect(await executions.taskSucceeded('never given', 'x')).toBe(false);
  expect(await executions.taskSucceeded(tokens[2] ?? '', 'now')).toBe(true);
  expect(await executions.taskSucceeded(tokens[2] ?? '', 'twice')).toBe(false);
  expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: 'now' });
});

test('an output that is too large is refused, and the task waits on', async () => {
  const { tokens, run: Park } = parking();
  const { run, clock, executions } = await givenMachine({ Await: parked('Park') }, { Park });
  const ended = run();
  await clock.advance(0);

  await expect(executions.taskSucceeded(tokens[0] ?? '', 'x'.repeat(262_144))).rejects.toThrow('InvalidOutput');
  expect(await executions.taskSucceeded(tokens[0] ?? '', 'small')).toBe(true);
  expect(await ended).toMatchObject({ output: 'small' });
});

test('the real clock rings too, and holds waits longer than a timer of Node can', async () => {
  const { createSystemClock } = await import('../../../local/state-machine/timer-clock.ts');
  const clock = createSystemClock();
  const rung: string[] = [];
  const cancelLong = clock.schedule(2 ** 33, () => rung.push('long'));
  const cancelled = clock.schedule(1, () => rung.push('cancelled'));
  cancelled();

  await new Promise<void>((resolve) => clock.schedule(5, resolve));
  cancelLong();

  expect(rung).toEqual([]);
});
