import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { State } from '../../../local/state-machine/definition.ts';
import { givenMachine, lambda, machineOf, NamedError, parked } from './run-definition.ts';

const mapOf = (states: Readonly<Record<string, State>>, more: Partial<State> = {}): State => ({
  Type: 'Map',
  ItemsPath: '$.hosts',
  ItemProcessor: { StartAt: Object.keys(states)[0] ?? '', States: states },
  ...(more.Next === undefined ? { End: true } : {}),
  ...more,
});

/** Counts who is inside, and lets each out when told. */
function gatekeeper() {
  const log: string[] = [];
  const inside = new Map<string, { leave(): void; fail(name: string): void }>();
  let most = 0;
  return {
    log,
    inside: () => [...inside.keys()],
    most: () => most,
    leave: (host: string) => inside.get(host)?.leave(),
    fail: (host: string, name = 'GateFailedError') => inside.get(host)?.fail(name),
    run: (payload: unknown) => {
      const host = String((payload as { input: unknown }).input);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      log.push(`in ${host}`);
      inside.set(host, {
        leave() {
          inside.delete(host);
          log.push(`out ${host}`);
          resolve(host);
        },
        fail(name) {
          inside.delete(host);
          log.push(`failed ${host}`);
          reject(new NamedError(name));
        },
      });
      most = Math.max(most, inside.size);
      return promise;
    },
  };
}

test('results come in the order of the items, shaped by the item selector and the context', async () => {
  const Each = lambda('F', { OutputPath: '$.Payload' }, { 'given.$': '$', 'value.$': '$$.Map.Item.Value' });
  const { run } = await givenMachine(
    {
      Wave: mapOf(
        { Each },
        {
          ItemSelector: {
            'host.$': '$$.Map.Item.Value',
            'index.$': '$$.Map.Item.Index',
            'deployment.$': '$.id',
            'execution.$': '$$.Execution.Name',
            'all.$': '$$.Execution.Input.hosts',
          },
          ResultPath: '$.results',
          ResultSelector: { 'each.$': '$' },
        },
      ),
    },
    { F: async (payload) => payload },
  );

  const ended = await run({ id: 'd-1', hosts: ['i-1', 'i-2'] });

  const all = ['i-1', 'i-2'];
  const expected = all.map((host, index) => ({
    given: { host, index, deployment: 'd-1', execution: 'run-1', all },
    value: host,
  }));
  expect(ended['output']).toEqual({ id: 'd-1', hosts: all, results: { each: expected } });
});

test('no items give no results and call nothing', async () => {
  const { run } = await givenMachine(
    { Wave: mapOf({ Each: lambda('F') }) },
    {
      F: async () => {
        throw new Error('called');
      },
    },
  );

  expect(await run({ hosts: [] })).toEqual({ status: 'SUCCEEDED', output: [], visited: ['Wave'] });
});

test('MaxConcurrency 1 is strictly in order: the next starts only after the previous one has ended', async () => {
  const gate = gatekeeper();
  const { run, clock } = await givenMachine(
    { Wave: mapOf({ Each: lambda('Gate', { OutputPath: '$.Payload' }) }, { MaxConcurrency: 1 }) },
    { Gate: gate.run },
  );
  const ended = run({ hosts: ['i-1', 'i-2', 'i-3'] });

  for (const host of ['i-1', 'i-2', 'i-3']) {
    await clock.advance(1);
    expect(gate.inside()).toEqual([host]);
    gate.leave(host);
  }

  expect(await ended).toMatchObject({ output: ['i-1', 'i-2', 'i-3'] });
  expect(gate.log).toEqual(['in i-1', 'out i-1', 'in i-2', 'out i-2', 'in i-3', 'out i-3']);
});

test('whatever the order of ending, never more than MaxConcurrencyPath are inside and all start in order', async () => {
  const Each = lambda('Gate', { OutputPath: '$.Payload' });
  const definition = machineOf({ Wave: mapOf({ Each }, { MaxConcurrencyPath: '$.limit' }) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat()),
      async (count, limit, choices) => {
        const gate = gatekeeper();
        const hosts = Array.from({ length: count }, (_, index) => `i-${index}`);
        const { run, clock } = await givenMachine(definition, { Gate: gate.run });
        const ended = run({ hosts, limit });
        for (const choice of choices) {
          await clock.advance(0);
          const inside = gate.inside();
          const left = count - gate.log.filter((line) => line.startsWith('out')).length;
          expect(inside).toHaveLength(Math.min(limit, left));
          if (inside.length === 0) break;
          gate.leave(inside[choice % inside.length] ?? '');
        }
        expect(await ended).toMatchObject({ output: hosts });
        expect(gate.log.filter((line) => line.startsWith('in'))).toEqual(hosts.map((host) => `in ${host}`));
      },
    ),
    { numRuns: 40 },
  );
});

describe('when one iteration fails', () => {
  test('nothing starts after it, those that run are told to stop, and the Map fails with its error', async () => {
    const gate = gatekeeper();
    const after: unknown[] = [];
    const { run, clock, executions } = await givenMachine(
      {
        Wave: mapOf(
          {
            Each: lambda('Gate', { OutputPath: '$.Payload', Next: 'After' }),
            After: lambda('After'),
          },
          { MaxConcurrency: 2, Catch: [{ ErrorEquals: ['GateFailedError'], Next: 'Hub' }], Next: 'Hub' },
        ),
        Hub: lambda('Gate', { End: true }),
      },
      { Gate: gate.run, After: async (payload) => void after.push(payload) },
    );
    const ended = run({ hosts: ['i-1', 'i-2', 'i-3', 'i-4'] });
    await clock.advance(0);

    gate.fail('i-1');
    await clock.advance(0);
    gate.leave('i-2');
    await clock.advance(3600);

    expect(gate.log).toEqual(['in i-1', 'in i-2', 'failed i-1', 'in [object Object]', 'out i-2']);
    expect(after).toEqual([]);
    gate.leave('[object Object]');
    expect(await ended).toMatchObject({ status: 'SUCCEEDED', visited: ['Wave', 'Each', 'Each', 'Hub'] });
    expect(executions.parked()).toEqual([]);
  });

  test('parked siblings are dead, and their retries too', async () => {
    const tokens: string[] = [];
    const Retry = [{ ErrorEquals: ['States.HeartbeatTimeout'], IntervalSeconds: 1, MaxAttempts: 9 }];
    const { run, clock, executions } = await givenMachine(
      {
        Wave: mapOf(
          { Each: parked('Park', { HeartbeatSeconds: 60, TimeoutSeconds: 600, Retry }) },
          { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }], Next: 'Clean' },
        ),
        Clean: { Type: 'Succeed' },
      },
      { Park: async (payload) => void tokens.push((payload as { taskToken: string }).taskToken) },
    );
    const ended = run({ hosts: ['i-1', 'i-2'] });
    await clock.advance(0);

    await executions.taskFailed(tokens[0] ?? '', 'E', 'x');

    expect(await ended).toMatchObject({ visited: ['Wave', 'Each', 'Each', 'Clean'] });
    expect(await executions.taskSucceeded(tokens[1] ?? '', {})).toBe(false);
    expect(executions.parked()).toEqual([]);
    await clock.advance(900);
    expect(tokens).toHaveLength(2);
    expect(clock.pending()).toBe(0);
  });

  test('a Distributed Map says that its threshold was exceeded', async () => {
    const definition = {
      StartAt: 'Each',
      States: { Each: lambda('F') },
      ProcessorConfig: { Mode: 'DISTRIBUTED' as const, ExecutionType: 'STANDARD' },
    };
    const { run } = await givenMachine(
      { Stage: { Type: 'Map', ItemsPath: '$.hosts', ItemProcessor: definition, End: true } },
      {
        F: async () => {
          throw new NamedError('E');
        },
      },
    );

    expect(await run({ hosts: [1] })).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
  });

  test('an iteration that catches its own error goes on, and so do the others', async () => {
    const { run } = await givenMachine(
      {
        Wave: mapOf({
          Each: lambda('F', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }], OutputPath: '$.Payload' }),
          Failed: { Type: 'Pass', Result: 'failed', End: true },
        }),
      },
      {
        F: async (payload) => {
          if ((payload as { input: string }).input === 'i-2') throw new NamedError('E');
          return 'done';
        },
      },
    );

    expect(await run({ hosts: ['i-1', 'i-2', 'i-3'] })).toMatchObject({ output: ['done', 'failed', 'done'] });
  });
});

test('items that are no array end the execution', async () => {
  const { run } = await givenMachine({ Wave: mapOf({ Each: lambda('F') }) }, { F: async () => 1 });

  expect(await run({ hosts: 'i-1' })).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
});

test('a thousand hosts wait at once in a Distributed Map, and their history says which is which', async () => {
  const tokens = new Map<string, string>();
  const processor = {
    ProcessorConfig: { Mode: 'DISTRIBUTED' as const, ExecutionType: 'STANDARD' },
    StartAt: 'Install',
    States: {
      Install: parked('Park', { HeartbeatSeconds: 60, TimeoutSeconds: 600, Next: 'Told' }),
      Told: { Type: 'Pass', End: true } as State,
    },
  };
  const { run, clock, executions } = await givenMachine(
    { Stage: { Type: 'Map', ItemsPath: '$.hosts', ItemProcessor: processor, End: true } },
    {
      Park: async (payload) => {
        const { taskToken, input } = payload as { taskToken: string; input: string };
        tokens.set(input, taskToken);
      },
    },
  );
  const hosts = Array.from({ length: 1000 }, (_, index) => `i-${index}`);
  const ended = run({ hosts });
  await clock.advance(0);

  expect(executions.parked()).toHaveLength(1000);
  for (const host of hosts.toReversed()) await executions.taskSucceeded(tokens.get(host) ?? '', host);

  expect(await ended).toMatchObject({ output: hosts });
  const visits = await executions.visits(executions.arnOf('run-1'));
  expect(visits).toHaveLength(2001);
  expect(visits.filter((visit) => visit.state === 'Install').map((visit) => visit.iteration)).toEqual(
    hosts.map((_, index) => [{ state: 'Stage', index }]),
  );
  expect(clock.pending()).toBe(0);
});

test('an inline Map never runs more than the 40 that AWS runs', async () => {
  const gate = gatekeeper();
  const { run, clock } = await givenMachine(
    { Wave: mapOf({ Each: lambda('Gate') }, { MaxConcurrency: 100 }) },
    { Gate: gate.run },
  );
  const ended = run({ hosts: Array.from({ length: 60 }, (_, index) => `i-${index}`) });
  for (;;) {
    await clock.advance(0);
    const [first] = gate.inside();
    if (first === undefined) break;
    gate.leave(first);
  }
  await ended;

  expect(gate.most()).toBe(40);
});

test('Parallel runs all branches, and one that fails stops the others', async () => {
  const branch = (name: string, state: State) => ({ StartAt: name, States: { [name]: state } });
  const { run, clock, executions } = await givenMachine(
    {
      Both: {
        Type: 'Parallel',
        Branches: [
          branch('One', lambda('F', { OutputPath: '$.Payload' })),
          branch('Two', parked('Park', { TimeoutSeconds: 60 })),
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Clean' }],
        End: true,
      },
      Clean: { Type: 'Succeed' },
    },
    {
      F: async (payload) => {
        if ((payload as { input: { fails?: boolean } }).input.fails) throw new NamedError('E');
        return 1;
      },
      Park: async () => undefined,
    },
  );

  const good = run({});
  await clock.advance(0);
  await executions.taskSucceeded(executions.parked()[0]?.token ?? '', 2);
  expect(await good).toMatchObject({ output: [1, 2] });
  expect(await run({ fails: true })).toMatchObject({ visited: ['Both', 'One', 'Two', 'Clean'] });
  expect(executions.parked()).toEqual([]);
});
