import { readFileSync } from 'node:fs';
import aslValidator from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { answerSecondsOf, answerSecondsOfInstall, deliverySeconds } from '../../core/host/build-host-command.ts';
import { errorNames } from '../../core/model/errors.ts';
import { balancerHeartbeatSeconds } from '../../core/rollout/plan/event-budget.ts';
import {
  type Definition,
  lambdaCallOf,
  machinesIn,
  type State,
  statesOf,
} from '../../local/state-machine/definition.ts';

const text = readFileSync('state-machine/rollout.asl.json', 'utf8');
const definition = JSON.parse(text) as Definition;
const states = statesOf(definition);
const ofType = (type: State['Type']) => states.filter(([, state]) => state.Type === type);

/** Step Functions' own, and what Lambda and its sandbox throw. */
const platformErrors = [
  'States.ALL',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

/** The longest waits that services/<service>.yml may ask for. */
const mostPatient = {
  unit: { stopSeconds: 900, restartSeconds: 300 },
  health: {
    port: 8080,
    path: '/health',
    expectStatus: 200,
    consecutiveSuccesses: 3,
    intervalSeconds: 1,
    timeoutSeconds: 2,
    stableSeconds: 3600,
    deadlineSeconds: 7200,
    journalPatterns: [],
  },
};

/** Errors that may be over in a moment. */
const transientErrors = [
  ...platformErrors.filter((name) => name.startsWith('Lambda.') || name.startsWith('Sandbox.')),
  'TransientAwsError',
];

function nextOf(state: State): readonly string[] {
  const arms = [...(state.Choices ?? []).map((rule) => rule.Next), state.Default];
  return [state.Next, ...arms, ...(state.Catch ?? []).map((each) => each.Next)].filter((name) => name !== undefined);
}

/** The states of a machine that nothing leads to; machines inside are looked into on their own. */
function unreachable(machine: Definition): readonly string[] {
  const reached = new Set<string>();
  const pending = [machine.StartAt];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const state = machine.States[name];
    if (reached.has(name) || state === undefined) continue;
    reached.add(name);
    pending.push(...nextOf(state));
  }
  const own = Object.keys(machine.States).filter((name) => !reached.has(name));
  return [...own, ...Object.values(machine.States).flatMap(machinesIn).flatMap(unreachable)];
}

describe('the definition', () => {
  test('is a valid state machine', () => {
    const { isValid, errors } = aslValidator(JSON.parse(text), { checkPaths: true, checkArn: true });

    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  test('has no state that nothing leads to, and leads to no state that is not there', () => {
    const names = new Set(states.map(([name]) => name));

    expect(unreachable(definition)).toEqual([]);
    expect(states.flatMap(([, state]) => nextOf(state)).filter((name) => !names.has(name))).toEqual([]);
  });

  test('uses JSONPath alone: no variables, no JSONata', () => {
    expect(text).not.toMatch(/"(QueryLanguage|Assign|Arguments|Output|Condition|Items)"/);
  });

  test('says of every state why it exists, and of every Catch which clean-up is owed', () => {
    const silent = states.flatMap(([name, state]) => [
      ...(state.Comment === undefined ? [name] : []),
      ...(state.Catch ?? []).flatMap((each) => ('Comment' in each ? [] : [`${name} to ${each.Next}`])),
    ]);

    expect(silent).toEqual([]);
  });

  test('names every end state of a deployment, and none of failure succeeds', () => {
    expect(ofType('Succeed').map(([name]) => name)).toEqual(['Continued', 'Succeeded', 'Superseded']);
    expect(ofType('Fail').map(([name]) => name)).toEqual([
      ...['FailedClean', 'RolledBack', 'Degraded', 'Halted', 'FailedDirty', 'LockLost', 'Unfinished'],
    ]);
  });

  test('says in the text of every Fail state that Redrive is not the way', () => {
    const texts = ofType('Fail').map(([name, state]) => `${name}: ${state.CausePath ?? state.Cause}`);

    expect(texts.filter((line) => !/\$\.cause$|Redrive cannot help/.test(line))).toEqual([]);
  });

  test('stays below the 1 MB that Step Functions takes, with room for the ARNs', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(500_000);
  });
});

describe('every Task', () => {
  test.each(ofType('Task'))('%s calls a function and has a time limit, a Retry and a Catch', (_name, state) => {
    expect(lambdaCallOf(state)).toBeDefined();
    expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
    expect(state.Retry?.length).toBeGreaterThan(0);
    expect(state.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });

  test.each(ofType('Task'))('%s tries transient errors again, with backoff and jitter', (_name, state) => {
    const [first] = state.Retry ?? [];

    expect(first?.ErrorEquals).toEqual(transientErrors);
    expect(first).toMatchObject({ MaxAttempts: 6, BackoffRate: 2, MaxDelaySeconds: 60, JitterStrategy: 'FULL' });
  });

  test.each(ofType('Task').filter(([, state]) => lambdaCallOf(state)?.isWaiting))(
    '%s waits with its own token and, where an event may be lost, looks again at a heartbeat',
    (name, state) => {
      expect(JSON.stringify(state.Parameters)).toContain('"token.$":"$$.Task.Token"');
      if (name === 'Bake') return;
      const retrier = state.Retry?.find((each) => each.ErrorEquals.includes('States.HeartbeatTimeout'));
      const { HeartbeatSeconds = 0 } = state;
      expect(retrier).toMatchObject({ BackoffRate: 1 });
      expect(retrier?.ErrorEquals).toContain('States.Timeout');
      expect(HeartbeatSeconds).toBeGreaterThan(0);
      expect(HeartbeatSeconds).toBeLessThan(state.TimeoutSeconds ?? 0);
    },
  );

  test('that waits for a person or for the lock beats seldom enough for 25,000 events', () => {
    for (const name of ['AcquireLock', 'AwaitOperator']) {
      expect(definition.States[name]?.HeartbeatSeconds).toBeGreaterThanOrEqual(900);
    }
  });

  test('that waits for a host is asked again beyond every deadline of a command', () => {
    const slowest = {
      InstallRelease: answerSecondsOfInstall,
      Activate: answerSecondsOf('activate', mostPatient),
      HealthGate: answerSecondsOf('verify', mostPatient),
      VerifyHost: answerSecondsOf('verify', mostPatient),
      RevertHost: answerSecondsOf('revert', mostPatient),
      VerifyRevert: answerSecondsOf('verifyRevert', mostPatient),
      SettleHost: answerSecondsOf('settle', mostPatient),
    };
    for (const [name, answerSeconds] of Object.entries(slowest)) {
      const state = states.find(([each]) => each === name)?.[1];
      const retrier = state?.Retry?.find((each) => each.ErrorEquals.includes('States.HeartbeatTimeout'));
      expect((retrier?.MaxAttempts ?? 0) * (state?.HeartbeatSeconds ?? 0)).toBeGreaterThan(
        answerSeconds + deliverySeconds + 30,
      );
    }
  });
});

describe('the states that wait for a load balancer', () => {
  test.each(['DrainHost', 'JoinHost'])('%s: its heartbeat is the poll that the event budget counts with', (name) => {
    const state = states.find(([each]) => each === name)?.[1];
    const retrier = state?.Retry?.find((each) => each.ErrorEquals.includes('States.HeartbeatTimeout'));

    expect(state?.HeartbeatSeconds).toBe(balancerHeartbeatSeconds);
    // The longest drainSeconds and healthySeconds that services/<service>.yml may ask for.
    expect((retrier?.MaxAttempts ?? 0) * balancerHeartbeatSeconds).toBeGreaterThan(3600);
  });
});

describe('every error name', () => {
  const names = states.flatMap(([, state]) => [
    ...(state.Retry ?? []).flatMap((each) => each.ErrorEquals),
    ...(state.Catch ?? []).flatMap((each) => each.ErrorEquals),
  ]);

  test('is one of ours or of the platform', () => {
    const known: readonly string[] = [...errorNames, ...platformErrors];
    expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test('States.ALL stands alone and last', () => {
    for (const [, state] of states) {
      for (const list of [state.Retry ?? [], state.Catch ?? []]) {
        const at = list.findIndex((each) => each.ErrorEquals.includes('States.ALL'));
        if (at !== -1) expect([at, list[at]?.ErrorEquals]).toEqual([list.length - 1, ['States.ALL']]);
      }
    }
  });
});

describe('every Choice', () => {
  test.each(ofType('Choice'))('%s compares one string and has a Default', (_name, state) => {
    expect(state.Default).toBeDefined();
    const variables = new Set((state.Choices ?? []).map((rule) => rule['Variable']));
    expect(variables.size).toBe(1);
    for (const rule of state.Choices ?? []) {
      expect(Object.keys(rule).toSorted()).toEqual(['Next', 'StringEquals', 'Variable']);
    }
  });
});

describe('every Map', () => {
  test.each(ofType('Map'))('%s reads nothing of the execution inside', (_name, state) => {
    expect(JSON.stringify(machinesIn(state))).not.toContain('$$.Execution');
  });

  test.each(ofType('Map'))('%s leaves its input as it is, is not retried as a whole, and catches', (_name, state) => {
    expect(state.ResultPath).toBeNull();
    expect(state.Retry).toBeUndefined();
    expect(state.Catch?.length).toBeGreaterThan(0);
  });
});

test('what Finish is told of an error is what the Catch wrote', () => {
  const paths = states.flatMap(([, state]) => (state.Catch ?? []).map((each) => each.ResultPath));

  expect([...new Set(paths)].toSorted()).toEqual(['$', '$.baked', '$.error']);
  expect(definition.States['Admit']?.Catch?.map((each) => each.ResultPath)).toEqual(['$']);
});
