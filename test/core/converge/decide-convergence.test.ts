import { describe, expect, test } from 'vitest';
import {
  type ConvergenceFacts,
  decideConvergence,
  type FoundHost,
  runsStable,
} from '../../../core/converge/decide-convergence.ts';
import { onlineDeadlineSeconds } from '../../../core/converge/limits.ts';
import { type Convergence, emptyConvergence, type WaitingHost } from '../../../core/model/convergence.ts';

const now = Date.parse('2026-11-22T21:00:00.000Z');
const stable = {
  release: 2,
  releaseId: 'v2-x',
  deploymentId: 'd-2',
  at: '2026-11-22T20:00:00.000Z',
  isRollback: false,
};
const before = '2026-11-22T19:00:00.000Z';
const after = '2026-11-22T20:30:00.000Z';

function secondsAgo(seconds: number): string {
  return new Date(now - seconds * 1000).toISOString();
}

function host(name: string, more: Partial<FoundHost> = {}): FoundHost {
  return { instanceId: `i-${name}`, name, state: 'running', ping: 'Online', ...more };
}

const offline = { ping: 'absent' } as const;

function waiting(name: string, more: Partial<WaitingHost> = {}): Convergence['waiting'] {
  const host = { name, since: secondsAgo(60), offlineSince: null, starts: 0, failures: 0, retryAt: null, looks: 0 };
  return { [`i-${name}`]: { ...host, ...more } };
}

function seen(name: string, running: string, at: string, isRight = true): Convergence['seen'] {
  return { [`i-${name}`]: { running, isRight, deploymentId: 'd-1', at } };
}

function decide(convergence: Partial<Convergence>, facts: Partial<ConvergenceFacts>): Convergence {
  return decideConvergence({
    convergence: { ...emptyConvergence, ...convergence },
    stable,
    isLocked: false,
    isFrozen: false,
    found: [],
    appeared: null,
    nowMilliseconds: now,
    ...facts,
  });
}

const givenUp = (kind: 'offline' | 'failed' | 'halted'): Convergence['givenUp'] => ({
  'i-a': { name: 'a', at: before, kind, why: 'why', next: 'next' },
});

describe('whether a host gets the stable release', () => {
  const fresh = {};
  const wrong = seen('a', 'v1-x', after);
  const right = seen('a', 'v2-x', after);
  test.each<[string, Partial<Convergence>, Partial<ConvergenceFacts>, 'starts' | 'waits' | 'nothing']>([
    ['it appears', fresh, { found: [host('a')], appeared: 'i-a' }, 'starts'],
    ['it appears while a deployment runs', fresh, { found: [host('a')], appeared: 'i-a', isLocked: true }, 'starts'],
    ['its event was lost', fresh, { found: [host('a')] }, 'starts'],
    ['its event was lost while a deployment runs', fresh, { found: [host('a')], isLocked: true }, 'nothing'],
    ['it appears, not online', fresh, { found: [host('a', offline)], appeared: 'i-a' }, 'waits'],
    ['its event was lost, not online', fresh, { found: [host('a', offline)] }, 'waits'],
    ['it is pending', fresh, { found: [host('a', { state: 'pending' })], appeared: 'i-a' }, 'waits'],
    ['it is stopped', fresh, { found: [host('a', { state: 'stopped' })], appeared: 'i-a' }, 'nothing'],
    ['another one appears', { seen: right }, { found: [host('a')], appeared: 'i-b' }, 'nothing'],
    ['it comes back on the stable release', { seen: right }, { found: [host('a')], appeared: 'i-a' }, 'nothing'],
    [
      'it comes back on the stable release while a deployment runs',
      { seen: right },
      { found: [host('a')], appeared: 'i-a', isLocked: true },
      'waits',
    ],
    ['it comes back on another release', { seen: wrong }, { found: [host('a')], appeared: 'i-a' }, 'starts'],
    [
      'it comes back, and was left as it should not be',
      { seen: seen('a', 'v2-x', after, false) },
      { found: [host('a')], appeared: 'i-a' },
      'starts',
    ],
    ['it runs another release since stable became stable', { seen: wrong }, { found: [host('a')] }, 'nothing'],
    ['it missed what became stable', { seen: seen('a', 'v1-x', before) }, { found: [host('a')] }, 'starts'],
    [
      'it missed what became stable, and is offline',
      { seen: seen('a', 'v1-x', before) },
      { found: [host('a', offline)] },
      'nothing',
    ],
    ['it was given up offline and is online', { givenUp: givenUp('offline') }, { found: [host('a')] }, 'starts'],
    [
      'it was given up offline and still is',
      { givenUp: givenUp('offline') },
      { found: [host('a', offline)] },
      'nothing',
    ],
    ['it was given up after failures', { givenUp: givenUp('failed') }, { found: [host('a')] }, 'nothing'],
    ['it was halted', { givenUp: givenUp('halted') }, { found: [host('a')] }, 'nothing'],
    [
      'it comes back after it was given up',
      { givenUp: givenUp('failed') },
      { found: [host('a')], appeared: 'i-a' },
      'starts',
    ],
    ['the target is frozen', fresh, { found: [host('a')], appeared: 'i-a', isFrozen: true }, 'waits'],
    [
      'the breaker is open',
      { breaker: { openedAt: before, why: 'why', next: 'next' } },
      { found: [host('a')], appeared: 'i-a' },
      'waits',
    ],
    [
      'another run is under way',
      { underWay: { name: 'converge-1', hosts: ['i-b'], at: before } },
      { found: [host('a')], appeared: 'i-a' },
      'waits',
    ],
    ['it is in its pause', { waiting: waiting('a', { retryAt: secondsAgo(-1) }) }, { found: [host('a')] }, 'waits'],
    ['its pause is over', { waiting: waiting('a', { retryAt: secondsAgo(0) }) }, { found: [host('a')] }, 'starts'],
    ['it waits and is on stable since', { waiting: waiting('a'), seen: right }, { found: [host('a')] }, 'nothing'],
    ['it waits and is stopped', { waiting: waiting('a') }, { found: [host('a', { state: 'stopped' })] }, 'nothing'],
    ['it waits and is gone', { waiting: waiting('a') }, { found: [host('b')], isLocked: true }, 'nothing'],
  ])('%s', (_what, convergence, facts, expected) => {
    const decided = decide(convergence, facts);

    const isStarted = decided.underWay?.hosts.includes('i-a') ?? false;
    const isWaiting = 'i-a' in decided.waiting;
    expect({ isStarted, isWaiting }).toEqual({ isStarted: expected === 'starts', isWaiting: expected !== 'nothing' });
  });
});

describe('a run', () => {
  test('is of all hosts that are ready, and counts their tries', () => {
    const decided = decide(
      { waiting: waiting('b', { starts: 2 }) },
      { found: [host('b'), host('a'), host('c', offline)] },
    );

    expect(decided.underWay).toEqual({
      name: expect.stringMatching(/^converge-[0-9a-f]{32}$/),
      hosts: ['i-a', 'i-b'],
      at: '2026-11-22T21:00:00.000Z',
    });
    expect(Object.values(decided.waiting).map(({ name, starts }) => `${name} ${starts}`)).toEqual([
      'a 1',
      'b 3',
      'c 0',
    ]);
  });

  test('has the same name for the same tries of the same hosts, and another one for another try', () => {
    const facts = { found: [host('a')], nowMilliseconds: now + 5000 };
    const nameOf = (more: Partial<WaitingHost>) => decide({ waiting: waiting('a', more) }, facts).underWay?.name;

    expect(nameOf({})).toBe(nameOf({ looks: 2 }));
    expect(nameOf({})).not.toBe(nameOf({ starts: 1 }));
    expect(nameOf({})).not.toBe(nameOf({ since: before }));
  });

  test('takes no more hosts than an input may name', () => {
    const found = Array.from({ length: 1200 }, (_, index) => host(String(index)));

    const decided = decide({}, { found });

    expect(decided.underWay?.hosts).toHaveLength(1000);
    expect(Object.keys(decided.waiting)).toHaveLength(1200);
  });

  test('looking again at the same changes nothing', () => {
    const found = [host('b'), host('a', offline), host('c')];
    const first = decide({ seen: seen('b', 'v2-x', after) }, { found });

    expect(decide(first, { found })).toEqual(first);
  });
});

describe('a host that is not online', () => {
  test('is given up when its time is over, and not before', () => {
    const found = [host('a', offline)];
    const since = (seconds: number) => ({ waiting: waiting('a', { offlineSince: secondsAgo(seconds) }) });

    expect(decide(since(onlineDeadlineSeconds - 1), { found }).givenUp).toEqual({});
    expect(decide(since(onlineDeadlineSeconds), { found })).toMatchObject({
      waiting: {},
      givenUp: {
        'i-a': {
          name: 'a',
          at: '2026-11-22T21:00:00.000Z',
          kind: 'offline',
          why: 'it did not come online at SSM within 15 min',
          next:
            'look at its SSM agent and its instance profile (rollgate doctor); it gets v2 as soon as it is online, ' +
            'or by rollgate deploy --release v2 --hosts i-a',
        },
      },
    });
  });

  test('has all its time again once it was online', () => {
    const online = decide(
      { waiting: waiting('a', { offlineSince: secondsAgo(600) }) },
      { found: [host('a')], isFrozen: true },
    );

    expect(online.waiting['i-a']?.offlineSince).toBeNull();
  });

  test('is not given up while its run is under way', () => {
    const underWay = { name: 'converge-1', hosts: ['i-a'], at: before };
    const stale = waiting('a', { offlineSince: secondsAgo(5000) });

    expect(decide({ waiting: stale, underWay }, { found: [host('a', offline)] })).toMatchObject({
      waiting: stale,
      givenUp: {},
    });
    expect(decide({ waiting: stale, underWay }, { found: [host('a', { state: 'stopped' })] }).waiting).toEqual(stale);
  });
});

test('hosts that are gone are forgotten; an inventory that shows none at all is not believed', () => {
  const known = { seen: { ...seen('a', 'v2-x', after), ...seen('b', 'v2-x', after) }, givenUp: givenUp('failed') };

  expect(decide(known, { found: [host('b')] })).toMatchObject({ seen: seen('b', 'v2-x', after), givenUp: {} });
  expect(Object.keys(decide(known, { found: [host('b')] }).seen)).toEqual(['i-b']);
  expect(decide(known, { found: [] })).toEqual({ ...emptyConvergence, ...known });
});

test.each([
  ['it was never seen', undefined, false],
  ['it passed on it', { running: 'v2-x', isRight: true, deploymentId: 'd', at: after }, true],
  ['it was left wrong', { running: 'v2-x', isRight: false, deploymentId: 'd', at: after }, false],
  ['it runs another', { running: 'v1-x', isRight: true, deploymentId: 'd', at: after }, false],
])('whether a host is on the stable release: %s', (_what, last, expected) => {
  expect(runsStable(last, stable)).toBe(expected);
});
