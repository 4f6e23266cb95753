import { describe, expect, test } from 'vitest';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import type { Decision, Failure } from '../../../../core/model/rollout-facts.ts';
import { decideNextWave, maxRounds } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { pauseLimitSeconds } from '../../../../core/rollout/decide/decide-recovery.ts';
import { isOverEventBudget, maxEventsPerExecution } from '../../../../core/rollout/plan/event-budget.ts';
import { crashed, givenHost, givenRollout, newRelease, recorded, said, startedAt } from '../../given-rollout.ts';

const passed = { run: 'passed', running: newRelease } as const;
const failed = { run: 'failed', diagnosis: crashed } as const;
const hosts = (names: string, more: Partial<HostProgress> = {}) => [...names].map((name) => givenHost(name, more));
const wave = (number: number, names: string): Decision => ({
  kind: 'wave',
  wave: number,
  hosts: [...names].map((name) => `i-${name}`),
  maxConcurrency: 1,
});
const why: Failure = {
  reason: { code: 'nobody-answered', text: 'nobody ended the pause within its time limit' },
  errorName: 'GateFailedError',
  keepsHosts: false,
};

describe('forward', () => {
  test('the first wave is one host', () => {
    expect(decideNextWave(givenRollout(hosts('abc')))).toEqual({
      decision: { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 },
      failure: null,
    });
  });

  test('the next wave takes what is left, as many at once as may be down', () => {
    const facts = givenRollout([givenHost('a', passed), ...hosts('bcd')], { policy: { maxUnavailable: 2 } });

    expect(decideNextWave(facts).decision).toEqual({
      kind: 'wave',
      wave: 2,
      hosts: ['i-b', 'i-c', 'i-d'],
      maxConcurrency: 2,
    });
  });

  test('hosts that are down elsewhere leave less room', () => {
    const down = givenHost('e', { wasDown: true, isRefused: true });
    const facts = givenRollout([givenHost('a', passed), ...hosts('bcd'), down], {
      policy: { maxUnavailable: 2, maxFailedHosts: 1 },
    });

    expect(decideNextWave(facts).decision).toMatchObject({ hosts: ['i-b', 'i-c', 'i-d'], maxConcurrency: 1 });
  });

  test('where nothing runs yet, the hosts of a wave still go one after another', () => {
    const down = { wasDown: true, before: 'none', running: 'none' };
    const facts = givenRollout([givenHost('a', { ...down, ...passed }), ...hosts('bcd', down)]);

    expect(decideNextWave(facts).decision).toMatchObject({ hosts: ['i-b', 'i-c', 'i-d'], maxConcurrency: 1 });
  });

  test('a rollback is one wave', () => {
    const facts = givenRollout(hosts('abc'), { admitted: { isRollback: true } });

    expect(decideNextWave(facts).decision).toMatchObject({ wave: 1, hosts: ['i-a', 'i-b', 'i-c'], maxConcurrency: 1 });
  });

  test('hosts with other packages than the first are staged once more, once', () => {
    const facts = givenRollout([givenHost('a'), givenHost('b', { packagesSha256: 'p2' })]);
    const restaged = givenRollout(facts.progress, { decisions: [{ kind: 'stage', hosts: ['i-a', 'i-b'] }] });

    expect(decideNextWave(facts).decision).toEqual({ kind: 'stage', hosts: ['i-a', 'i-b'] });
    expect(decideNextWave(restaged).decision).toMatchObject({ kind: 'wave' });
  });

  test('a host that failed within the budget is put back before the next wave', () => {
    const facts = givenRollout([givenHost('a', failed), ...hosts('bc')], { policy: { maxFailedHosts: 1 } });

    expect(decideNextWave(facts)).toEqual({
      decision: { kind: 'revert', hosts: ['i-a'], maxConcurrency: 1 },
      failure: null,
    });
  });

  test('a revert within the budget that did not work is tried once more, then everything turns back', () => {
    const stuck = (revertAttempts: number) => [
      givenHost('a', { run: 'revertFailed', revertAttempts, diagnosis: crashed }),
      givenHost('b', passed),
      givenHost('c'),
    ];
    const given = { policy: { maxFailedHosts: 1, maxUnavailable: 2 } };

    expect(decideNextWave(givenRollout(stuck(1), given))).toEqual({
      decision: { kind: 'revert', hosts: ['i-a'], maxConcurrency: 1 },
      failure: null,
    });
    expect(decideNextWave(givenRollout(stuck(2), given))).toEqual({
      decision: { kind: 'revert', hosts: ['i-b'], maxConcurrency: 1 },
      failure: {
        reason: { code: 'not-reverted', text: 'these hosts are not as they should be: a' },
        errorName: 'GateFailedError',
        keepsHosts: false,
      },
    });
  });

  test('a host that refused counts as failed and is not asked again', () => {
    const refused = givenHost('a', { isRefused: true, diagnosis: crashed });
    const within = givenRollout([refused, ...hosts('b')], { policy: { maxFailedHosts: 1 } });

    expect(decideNextWave(within).decision).toMatchObject({ kind: 'wave', hosts: ['i-b'] });
    expect(decideNextWave(givenRollout([refused, ...hosts('b')])).failure?.reason.code).toBe('gate-failed');
  });

  test('hosts that stay down and leave no room end the rollout', () => {
    const facts = givenRollout(
      [givenHost('a', passed), givenHost('b'), givenHost('c', { wasDown: true, isRefused: true })],
      {
        policy: { maxFailedHosts: 1 },
      },
    );

    expect(decideNextWave(facts).failure?.reason).toEqual({
      code: 'too-many-down',
      text: '1 host of the target is down already and maxUnavailable is 1: c',
    });
  });

  test('all passed: settle what is unsettled, then finish', () => {
    const unsettled = givenHost('b', { ...passed, isSettled: false });

    expect(decideNextWave(givenRollout([givenHost('a', passed), unsettled])).decision).toEqual({
      kind: 'settle',
      hosts: ['i-b'],
    });
    expect(
      decideNextWave(givenRollout([givenHost('a', passed), { ...unsettled, settleAttempts: 2 }])).decision,
    ).toEqual({
      kind: 'finish',
    });
  });
});

describe('after a wave', () => {
  const baking = { policy: { bakeSeconds: 60 } };
  const half = [givenHost('a', passed), givenHost('b')];

  test('it bakes, is verified again, and the next wave follows', () => {
    const next = (...decisions: readonly Decision[]) =>
      decideNextWave(givenRollout(half, { ...baking, decisions })).decision;
    const bake: Decision = { kind: 'bake', wave: 1, seconds: 60 };
    const verify: Decision = { kind: 'verify', wave: 1, hosts: ['i-a'], maxConcurrency: 1 };

    expect(next(wave(1, 'a'))).toEqual(bake);
    expect(next(wave(1, 'a'), bake)).toEqual(verify);
    expect(next(wave(1, 'a'), bake, verify)).toMatchObject({ kind: 'wave', wave: 2, hosts: ['i-b'] });
  });

  test('a bake of 0 s, and a rollback, go on at once', () => {
    expect(decideNextWave(givenRollout(half, { decisions: [wave(1, 'a')] })).decision).toMatchObject({ wave: 2 });
    const rollback = givenRollout(half, { ...baking, decisions: [wave(1, 'a')], admitted: { isRollback: true } });
    expect(decideNextWave(rollback).decision).toMatchObject({ kind: 'wave' });
  });

  test('a wave of which a host was held back does not bake yet', () => {
    const facts = givenRollout([givenHost('a', passed), givenHost('b', passed), givenHost('c')], {
      ...baking,
      decisions: [wave(2, 'bc')],
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'wave', wave: 2, hosts: ['i-c'] });
  });
});

describe('people', () => {
  test('a pause parks before the next wave until it is resumed', () => {
    const paused = givenRollout(hosts('ab'), { controls: { pause: said(10) } });
    const resumed = givenRollout(hosts('ab'), { controls: { pause: said(10), resume: said(20) } });
    const pausedAgain = givenRollout(hosts('ab'), { controls: { pause: said(30), resume: said(20) } });

    expect(decideNextWave(paused).decision).toEqual({
      kind: 'park',
      wave: 1,
      why: 'pause',
      untilMilliseconds: paused.nowMilliseconds + pauseLimitSeconds * 1000,
    });
    expect(decideNextWave(resumed).decision.kind).toBe('wave');
    expect(decideNextWave(pausedAgain).decision.kind).toBe('park');
  });

  test('a pause during the last bake keeps the deployment from ending', () => {
    const facts = givenRollout(hosts('a', passed), {
      policy: { bakeSeconds: 60 },
      decisions: [wave(1, 'a'), { kind: 'bake', wave: 1, seconds: 60 }],
      controls: { pause: said(10) },
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'park', why: 'pause', wave: 1 });
  });

  test('nothing is paused where nothing is left to do', () => {
    expect(decideNextWave(givenRollout(hosts('a', passed), { controls: { pause: said(10) } })).decision.kind).toBe(
      'finish',
    );
  });

  test('an approval parks before its wave, for a person and an upload, not for a converge or a rollback', () => {
    const approval = { kind: 'after-wave', wave: 1, for: 'all', timeLimitSeconds: 600 } as const;
    const half = [givenHost('a', passed), givenHost('b')];
    const next = (given: Parameters<typeof givenRollout>[1]) =>
      decideNextWave(givenRollout(half, { ...given, policy: { approval } })).decision;

    expect(next({})).toEqual({ kind: 'park', wave: 2, why: 'approval', untilMilliseconds: startedAt + 660_000 });
    expect(next({ controls: { approve: said(10) } }).kind).toBe('wave');
    expect(next({ admitted: { trigger: 'converge' } }).kind).toBe('wave');
    expect(next({ admitted: { isRollback: true } }).kind).toBe('wave');
    expect(decideNextWave(givenRollout(hosts('ab'), { policy: { approval } })).decision).toMatchObject({ wave: 1 });
  });

  test('the limit of an approval runs from its first parking, whatever was said in between', () => {
    const approval = { kind: 'after-wave', wave: 1, for: 'all', timeLimitSeconds: 600 } as const;
    const half = [givenHost('a', passed), givenHost('b')];
    const first: Decision = { kind: 'park', wave: 2, why: 'approval', untilMilliseconds: startedAt + 660_000 };
    const paused: Decision = { kind: 'park', wave: 2, why: 'pause', untilMilliseconds: startedAt + 900_000_000 };

    const { decision } = decideNextWave(
      givenRollout(half, {
        policy: { approval },
        decisions: [first, paused],
        controls: { pause: said(70), resume: said(130) },
      }),
    );

    expect(decision).toEqual(first);
  });

  test('the limit of a pause runs from its first parking; one after a resume has a limit of its own', () => {
    const first: Decision = { kind: 'park', wave: 1, why: 'pause', untilMilliseconds: startedAt + 700_000_000 };
    const paused = (controls: Partial<ReturnType<typeof givenRollout>['controls']>) =>
      decideNextWave(givenRollout(hosts('ab'), { decisions: [first], controls })).decision;

    // The same pause said twice; and one that was ended, and then said again.
    expect(paused({ pause: said(90) })).toEqual(first);
    expect(paused({ pause: said(100), resume: said(80) })).toMatchObject({
      untilMilliseconds: startedAt + 120_000 + pauseLimitSeconds * 1000,
    });
  });

  test('a park that nobody ended turns the rollout back, and it stays so', () => {
    const park: Decision = { kind: 'park', wave: 2, why: 'pause', untilMilliseconds: startedAt + 100_000 };
    const half = [givenHost('a', passed), givenHost('b')];
    const expired = decideNextWave(
      givenRollout(half, {
        decisions: [park],
        controls: { pause: said(10) },
        more: { nowMilliseconds: startedAt + 100_000 },
      }),
    );
    const later = decideNextWave(
      givenRollout([givenHost('a', { run: 'reverted' }), givenHost('b')], {
        policy: { maxFailedHosts: 5 },
        decisions: [park, recorded(expired.decision, 2, { failure: why })],
      }),
    );

    expect(expired).toEqual({ decision: { kind: 'revert', hosts: ['i-a'], maxConcurrency: 1 }, failure: why });
    expect(later).toEqual({ decision: { kind: 'finish' }, failure: why });
  });

  test('time spent waiting for people does not count against the deadline', () => {
    const park: Decision = { kind: 'park', wave: 1, why: 'approval', untilMilliseconds: Number.MAX_SAFE_INTEGER };
    const given = { policy: { deadlineSeconds: 600 }, decisions: [park] };
    const late = { nowMilliseconds: startedAt + 60_000 + 700_000 };

    expect(decideNextWave(givenRollout(hosts('a'), { ...given, more: late })).failure).toBeNull();
    expect(decideNextWave(givenRollout(hosts('a'), { ...given, decisions: [], more: late })).failure?.reason.text).toBe(
      'not finished within 600 s',
    );
  });
});

describe('back', () => {
  test('hosts that are down go first and all at once, then those that serve', () => {
    const facts = givenRollout([...hosts('ab', passed), ...hosts('cd', failed), ...hosts('e')], {
      policy: { maxUnavailable: 2, maxFailedHosts: 1 },
    });
    const then = givenRollout([...hosts('ab', passed), ...hosts('cd', { run: 'reverted' }), ...hosts('e')], {
      policy: { maxUnavailable: 2, maxFailedHosts: 1 },
    });

    expect(decideNextWave(facts).decision).toEqual({ kind: 'revert', hosts: ['i-c', 'i-d'], maxConcurrency: 2 });
    expect(decideNextWave(then).decision).toEqual({ kind: 'revert', hosts: ['i-a', 'i-b'], maxConcurrency: 2 });
  });

  test('a host that stays down leaves no room to take down one that serves', () => {
    const stuck = givenHost('a', { run: 'revertFailed', revertAttempts: 2, diagnosis: crashed });

    expect(decideNextWave(givenRollout([stuck, ...hosts('b', passed)])).decision).toEqual({ kind: 'finish' });
    expect(
      decideNextWave(givenRollout([stuck, ...hosts('b', passed)], { policy: { maxUnavailable: 2 } })).decision,
    ).toMatchObject({ kind: 'revert', hosts: ['i-b'] });
  });

  test('halt reverts what was touched; halt and keep leaves it', () => {
    const half = [givenHost('a', passed), givenHost('b')];

    expect(decideNextWave(givenRollout(half, { controls: { halt: said(5) } })).decision).toMatchObject({
      kind: 'revert',
      hosts: ['i-a'],
    });
    expect(decideNextWave(givenRollout(half, { controls: { halt: { ...said(5), isKept: true } } })).decision).toEqual({
      kind: 'finish',
    });
  });

  test('an execution that died turns back, but not where every host had passed', () => {
    const repair = { more: { isRepair: true } };

    expect(decideNextWave(givenRollout([givenHost('a', passed), givenHost('b')], repair))).toMatchObject({
      decision: { kind: 'revert', hosts: ['i-a'] },
      failure: { reason: { code: 'execution-ended' } },
    });
    expect(decideNextWave(givenRollout(hosts('ab', passed), repair))).toEqual({
      decision: { kind: 'finish' },
      failure: null,
    });
  });

  test('a fault of the platform after the last gate never reverts a good release', () => {
    const more = { error: { name: 'Lambda.Unknown', cause: 'gone' } };
    const withinBudget = [givenHost('a', passed), givenHost('b', { run: 'reverted' })];

    expect(decideNextWave(givenRollout(hosts('ab', passed), { more })).failure).toBeNull();
    expect(decideNextWave(givenRollout(withinBudget, { more, policy: { maxFailedHosts: 1 } })).failure).toBeNull();
    expect(decideNextWave(givenRollout([givenHost('a', passed), givenHost('b')], { more })).failure?.reason.text).toBe(
      'Lambda.Unknown: gone',
    );
  });
});

describe('bounds', () => {
  test('a history that grows too long continues elsewhere, in both directions, but an end never does', () => {
    const many = Array.from({ length: 400 }, (_, index) => `i-${index}`);
    const decisions = [1, 2, 3].map(
      (number): Decision => ({ kind: 'wave', wave: number, hosts: many, maxConcurrency: 1 }),
    );
    const given = { decisions: decisions.slice(0, 2), policy: { waves: ['100%'] } } as const;
    const some = Array.from({ length: 100 }, (_, index) => givenHost(String(index)));
    const used = decisions.slice(0, 2).length * (30 + 400 * 20);

    expect(used + 30 + some.length * 20).toBeGreaterThan(maxEventsPerExecution);
    expect(decideNextWave(givenRollout(some, given)).decision).toEqual({ kind: 'continue' });
    expect(
      decideNextWave(
        givenRollout(
          some.map((host) => ({ ...host, ...failed })),
          given,
        ),
      ),
    ).toMatchObject({ decision: { kind: 'continue' }, failure: { reason: { code: 'gate-failed' } } });
    expect(
      decideNextWave(givenRollout(some, { ...given, decisions: [...given.decisions, { kind: 'continue' }] })).decision
        .kind,
    ).toBe('wave');
    expect(
      decideNextWave(
        givenRollout(
          some.map((host) => ({ ...host, ...passed })),
          given,
        ),
      ).decision.kind,
    ).toBe('finish');
  });

  test('a park costs its heartbeats', () => {
    const park: Decision = { kind: 'park', wave: 1, why: 'pause', untilMilliseconds: Number.MAX_SAFE_INTEGER };
    const parkedFor = (days: number) => [
      recorded(park, 1),
      recorded({ kind: 'wave', wave: 1, hosts: ['i-z'], maxConcurrency: 1 }, 1 + days * 1440),
    ];

    expect(isOverEventBudget(givenRollout([], { decisions: parkedFor(45) }), { kind: 'continue' })).toBe(false);
    expect(isOverEventBudget(givenRollout([], { decisions: parkedFor(47) }), { kind: 'continue' })).toBe(true);
  });

  test('no deployment takes more than its rounds', () => {
    const decisions = Array.from({ length: maxRounds }, (): Decision => ({ kind: 'continue' }));

    expect(decideNextWave(givenRollout(hosts('abc'), { decisions })).decision).toEqual({ kind: 'finish' });
  });
});
