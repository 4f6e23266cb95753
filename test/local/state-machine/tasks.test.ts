import { expect, test } from 'vitest';
import { givenMachine, lambda, NamedError } from './run-definition.ts';

test('a function is given its payload, and its result comes back as AWS gives it', async () => {
  const seen: unknown[] = [];
  const { run } = await givenMachine(
    { Admit: lambda('AdmitDeployment', {}, { 'release.$': '$.release', fixed: 1 }) },
    {
      AdmitDeployment: async (payload) => {
        seen.push(payload);
        return { id: 'd-1', nothing: undefined };
      },
    },
  );

  const ended = await run({ release: 'v2' });

  expect(seen).toEqual([{ release: 'v2', fixed: 1 }]);
  expect(ended).toEqual({
    status: 'SUCCEEDED',
    output: { ExecutedVersion: '$LATEST', Payload: { id: 'd-1' }, StatusCode: 200 },
    visited: ['Admit'],
  });
});

test('ResultSelector, ResultPath and OutputPath shape what goes on', async () => {
  const { run } = await givenMachine(
    {
      Admit: lambda('F', {
        ResultSelector: { 'id.$': '$.Payload.id' },
        ResultPath: '$.deployment.admitted',
        Next: 'Plan',
      }),
      Plan: lambda('F', { ResultPath: null, Next: 'Only' }),
      Only: { Type: 'Pass', OutputPath: '$.deployment', End: true },
    },
    { F: async () => ({ id: 'd-1' }) },
  );

  expect(await run({ keep: true, deployment: { a: 1 } })).toMatchObject({ output: { a: 1, admitted: { id: 'd-1' } } });
});

test('a ResultPath of $ replaces the input', async () => {
  const { run } = await givenMachine(
    { Admit: lambda('F', { ResultSelector: { 'id.$': '$.Payload' }, ResultPath: '$' }) },
    { F: async () => 7 },
  );

  expect(await run({ old: 1 })).toMatchObject({ output: { id: 7 } });
});

test('the context object names execution, state, attempt and machine, inside an iteration too', async () => {
  const payload = {
    'id.$': '$$.Execution.Id',
    'name.$': '$$.Execution.Name',
    'input.$': '$$.Execution.Input',
    'started.$': '$$.Execution.StartTime',
    'state.$': '$$.State.Name',
    'entered.$': '$$.State.EnteredTime',
    'retries.$': '$$.State.RetryCount',
    'machine.$': '$$.StateMachine.Name',
    'text.$': "States.Format('{} in {}', $$.State.Name, $$.Execution.Name)",
  };
  const seen: unknown[] = [];
  const Each = lambda('F', {}, payload);
  const { run } = await givenMachine(
    {
      First: lambda('F', { ResultPath: null, Next: 'Hosts' }, payload),
      Hosts: { Type: 'Map', ItemsPath: '$.hosts', ItemProcessor: { StartAt: 'Each', States: { Each } }, End: true },
    },
    { F: async (given) => void seen.push(given) },
  );

  await run({ hosts: ['i-1'] });

  const common = {
    id: 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:run-1',
    name: 'run-1',
    input: { hosts: ['i-1'] },
    started: '2026-11-22T20:45:00.000Z',
    entered: '2026-11-22T20:45:00.000Z',
    retries: 0,
    machine: 'rollgate-payment',
  };
  expect(seen).toEqual([
    { ...common, state: 'First', text: 'First in run-1' },
    { ...common, state: 'Each', text: 'Each in run-1' },
  ]);
});

test('a path that leads nowhere ends the execution, whatever is caught', async () => {
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }];
  const { run } = await givenMachine(
    { Admit: lambda('F', { Next: 'Clean', Catch }, { 'id.$': '$.missing' }), Clean: { Type: 'Succeed' } },
    { F: async () => 1 },
  );

  expect(await run()).toMatchObject({ status: 'FAILED', error: 'States.Runtime', visited: ['Admit'] });
});

test('what a function throws is caught by name, and its cause is what Lambda makes of it', async () => {
  const { run } = await givenMachine(
    {
      Admit: lambda('F', {
        Next: 'Never',
        Catch: [
          { ErrorEquals: ['HaltedError'], Next: 'Never' },
          { ErrorEquals: ['InvalidDeploymentError'], Next: 'Refused', ResultPath: '$.failure' },
        ],
      }),
      Never: { Type: 'Succeed' },
      Refused: { Type: 'Pass', End: true },
    },
    {
      F: async () => {
        throw new NamedError('InvalidDeploymentError', 'payment.zip is no zip file');
      },
    },
  );

  const ended = await run({ kept: 1 });

  const { failure, ...rest } = ended['output'] as { failure: { Error: string; Cause: string } };
  expect(rest).toEqual({ kept: 1 });
  expect(failure.Error).toBe('InvalidDeploymentError');
  expect(JSON.parse(failure.Cause)).toEqual({
    errorMessage: 'payment.zip is no zip file',
    errorType: 'InvalidDeploymentError',
    trace: expect.arrayContaining([expect.stringContaining('payment.zip is no zip file')]),
  });
  expect(ended['visited']).toEqual(['Admit', 'Refused']);
});

test('an error that nothing catches is the error of the execution', async () => {
  const { run } = await givenMachine(
    { Admit: lambda('F') },
    {
      F: async () => {
        throw new NamedError('LockLostError', 'lost');
      },
    },
  );

  expect(await run()).toEqual({
    status: 'FAILED',
    error: 'LockLostError',
    cause: expect.stringContaining('"errorMessage":"lost"'),
    visited: ['Admit'],
  });
});

test.each([
  ['a result', { Admit: lambda('Large') }],
  [
    'an output',
    { Admit: lambda('Half', { ResultPath: '$.a', Next: 'More' }), More: lambda('Half', { ResultPath: '$.b' }) },
  ],
])('%s above 256 KiB ends the execution, whatever is caught', async (_, states) => {
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }];
  const caught = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, { ...state, Catch }]));
  const { run } = await givenMachine(
    { ...caught, Clean: { Type: 'Succeed' } },
    { Large: async () => 'x'.repeat(262_144), Half: async () => 'x'.repeat(140_000) },
  );

  const ended = await run();

  expect(ended).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded', visited: Object.keys(states) });
});

test('after an output above 256 KiB no further function is called', async () => {
  const called: string[] = [];
  const { run } = await givenMachine(
    {
      One: lambda('Half', { ResultPath: '$.a', Next: 'Two' }, { state: 'One' }),
      Two: lambda('Half', { ResultPath: '$.b', Next: 'Three' }, { state: 'Two' }),
      Three: lambda('Half', {}, { state: 'Three' }),
    },
    {
      Half: async (payload) => {
        called.push((payload as { state: string }).state);
        return 'x'.repeat(140_000);
      },
    },
  );

  await run();

  expect(called).toEqual(['One', 'Two']);
});

test('Choice compares, negates type tests, and fails where nothing matches', async () => {
  const { run } = await givenMachine({
    Hub: {
      Type: 'Choice',
      Choices: [
        { Variable: '$.next', StringEquals: 'wave', Next: 'Wave' },
        {
          And: [
            { Variable: '$.next', StringEquals: 'park' },
            { Variable: '$.reason', IsPresent: false },
          ],
          Next: 'Park',
        },
        { Variable: '$.reason', IsPresent: true, Next: 'Told' },
      ],
    },
    Wave: { Type: 'Succeed' },
    Park: { Type: 'Succeed' },
    Told: { Type: 'Succeed' },
  });

  expect(await run({ next: 'wave' })).toMatchObject({ visited: ['Hub', 'Wave'] });
  expect(await run({ next: 'park' })).toMatchObject({ visited: ['Hub', 'Park'] });
  expect(await run({ next: 'park', reason: 'x' })).toMatchObject({ visited: ['Hub', 'Told'] });
  expect(await run({ next: 'none' })).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  expect(await run({})).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
});

test('a Fail state gives the execution its error and cause, also out of paths and intrinsics', async () => {
  const { run } = await givenMachine({
    Hub: {
      Type: 'Choice',
      Choices: [{ Variable: '$.how', StringEquals: 'fixed', Next: 'FailedClean' }],
      Default: 'RolledBack',
    },
    FailedClean: { Type: 'Fail', Error: 'InvalidDeploymentError', Cause: 'No host was touched.' },
    RolledBack: { Type: 'Fail', ErrorPath: '$.error', CausePath: "States.Format('{} Run it again.', $.cause)" },
  });

  expect(await run({ how: 'fixed' })).toEqual({
    status: 'FAILED',
    error: 'InvalidDeploymentError',
    cause: 'No host was touched.',
    visited: ['Hub', 'FailedClean'],
  });
  expect(await run({ how: 'x', error: 'GateFailedError', cause: 'i-1 answered 500.' })).toMatchObject({
    error: 'GateFailedError',
    cause: 'i-1 answered 500. Run it again.',
  });
});

test('a Wait lasts as long as it says, and passes its input on', async () => {
  const { run, clock } = await givenMachine({
    Bake: { Type: 'Wait', SecondsPath: '$.seconds', Next: 'Until' },
    Until: { Type: 'Wait', TimestampPath: '$.until', End: true },
  });
  const ended = run({ seconds: 30, until: '2026-11-22T20:46:00Z' });

  await clock.advance(29);
  expect(clock.pending()).toBe(1);
  await clock.advance(31);

  expect(await ended).toMatchObject({ status: 'SUCCEEDED', output: { seconds: 30, until: '2026-11-22T20:46:00Z' } });
});

test('the machine as a whole times out', async () => {
  const { run, clock } = await givenMachine(
    { StartAt: 'Admit', States: { Admit: lambda('F') }, TimeoutSeconds: 60 },
    { F: () => new Promise(() => undefined) },
  );
  const ended = run();

  await clock.advance(60);

  expect(await ended).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout', visited: ['Admit'] });
  expect(clock.pending()).toBe(0);
});
