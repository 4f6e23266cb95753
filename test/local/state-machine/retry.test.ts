import { describe, expect, test } from 'vitest';
import { countRetries, matchesError } from '../../../local/state-machine/retry.ts';
import { givenMachine, lambda, NamedError } from './run-definition.ts';

/** Fails with these names one after another, then answers `done`. */
function failing(...names: readonly string[]) {
  const left = [...names];
  const calls: unknown[] = [];
  const run = async (payload: unknown) => {
    calls.push(payload);
    const name = left.shift();
    if (name !== undefined) throw new NamedError(name);
    return 'done';
  };
  return { run, calls };
}

test.each([
  [['TransientAwsError'], 'TransientAwsError', true],
  [['TransientAwsError'], 'LockLostError', false],
  [['States.ALL'], 'LockLostError', true],
  [['States.ALL'], 'States.HeartbeatTimeout', true],
  [['States.TaskFailed'], 'LockLostError', true],
  [['States.TaskFailed'], 'States.Timeout', false],
  [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
  [['States.Timeout'], 'States.HeartbeatTimeout', true],
  [['States.HeartbeatTimeout'], 'States.Timeout', false],
])('%j matches %s: %s', (errorEquals, name, expected) => {
  expect(matchesError(errorEquals, name)).toBe(expected);
});

describe('delays', () => {
  test.each([
    ['the defaults: 3 attempts, 1 s, doubled', {}, [1, 2, 4, undefined]],
    [
      'IntervalSeconds and BackoffRate',
      { IntervalSeconds: 2, BackoffRate: 1.5, MaxAttempts: 3 },
      [2, 3, 4.5, undefined],
    ],
    [
      'MaxDelaySeconds',
      { IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 5 },
      [2, 5, 5, undefined],
    ],
    ['BackoffRate 1', { IntervalSeconds: 5, BackoffRate: 1, MaxAttempts: 2 }, [5, 5, undefined]],
    ['JitterStrategy FULL', { IntervalSeconds: 8, MaxAttempts: 2, JitterStrategy: 'FULL' as const }, [2, 4, undefined]],
    ['no attempts', { MaxAttempts: 0 }, [undefined]],
  ])('%s', (_, retrier, expected) => {
    const retries = countRetries([{ ErrorEquals: ['E'], ...retrier }], () => 0.25);

    expect(expected.map(() => retries.nextDelaySeconds('E'))).toEqual(expected);
  });

  test('every retrier counts for itself', () => {
    const retries = countRetries(
      [
        { ErrorEquals: ['A'], MaxAttempts: 1 },
        { ErrorEquals: ['B'], MaxAttempts: 1 },
      ],
      () => 1,
    );

    expect(['A', 'B', 'A', 'B'].map((name) => retries.nextDelaySeconds(name))).toEqual([1, 1, undefined, undefined]);
  });
});

test('a retried error is retried after its delay, and the next attempt knows its number', async () => {
  const { run: F, calls } = failing('TransientAwsError', 'TransientAwsError');
  const Retry = [{ ErrorEquals: ['TransientAwsError'], IntervalSeconds: 2, MaxAttempts: 2, BackoffRate: 2 }];
  const { run, clock } = await givenMachine(
    { Admit: lambda('F', { Retry }, { 'retries.$': '$$.State.RetryCount' }) },
    { F },
  );
  const ended = run();

  await clock.advance(1.999);
  expect(calls).toHaveLength(1);
  await clock.advance(0.001);
  expect(calls).toHaveLength(2);
  await clock.advance(4);

  expect(await ended).toMatchObject({ status: 'SUCCEEDED', visited: ['Admit'] });
  expect(calls).toEqual([{ retries: 0 }, { retries: 1 }, { retries: 2 }]);
});

test('waits that are skipped take no time', async () => {
  const { run: F } = failing('E', 'E', 'E');
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 900, MaxAttempts: 3 }];
  const { run } = await givenMachine(
    { Admit: lambda('F', { Retry, Next: 'Bake' }), Bake: { Type: 'Wait', Seconds: 900, End: true } },
    { F },
    { skipWaits: true },
  );

  expect(await run()).toMatchObject({ status: 'SUCCEEDED' });
});

test('when the attempts are spent, Catch decides', async () => {
  const { run: F, calls } = failing('E', 'E', 'E');
  const { run, executions } = await givenMachine(
    {
      Admit: lambda('F', {
        Retry: [{ ErrorEquals: ['E'], MaxAttempts: 2 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }],
        Next: 'Never',
      }),
      Never: { Type: 'Succeed' },
      Clean: { Type: 'Succeed' },
    },
    { F },
    { skipWaits: true },
  );

  expect(await run()).toMatchObject({ status: 'SUCCEEDED', visited: ['Admit', 'Clean'] });
  expect(calls).toHaveLength(3);
  expect((await executions.visits(executions.arnOf('run-1')))[0]).toMatchObject({
    state: 'Admit',
    attempts: 3,
    error: 'E',
    caughtBy: 'Clean',
  });
});

test.each(['States.Runtime', 'States.DataLimitExceeded'])('%s is neither retried nor caught', async (name) => {
  const { run: F, calls } = failing(name, name);
  const { run } = await givenMachine(
    {
      Admit: lambda('F', {
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }],
        Next: 'Clean',
      }),
      Clean: { Type: 'Succeed' },
    },
    { F },
    { skipWaits: true },
  );

  expect(await run()).toMatchObject({ status: 'FAILED', error: name, visited: ['Admit'] });
  expect(calls).toHaveLength(1);
});
