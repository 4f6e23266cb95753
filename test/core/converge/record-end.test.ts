import { describe, expect, test } from 'vitest';
import { failureWindowSeconds } from '../../../core/converge/limits.ts';
import { type EndFacts, withEnd } from '../../../core/converge/record-end.ts';
import { type Convergence, emptyConvergence } from '../../../core/model/convergence.ts';
import type { HostOutcome } from '../../../core/model/deployment-records.ts';

const now = Date.parse('2026-11-22T21:00:00.000Z');
const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString();

function hostOutcome(name: string, status: HostOutcome['status'], running: string | null = 'v2-x'): HostOutcome {
  return { instanceId: `i-${name}`, name, status, running, observedAt: null, diagnosis: null, repair: null };
}

const crashed: HostOutcome = {
  ...hostOutcome('a', 'reverted', 'none'),
  diagnosis: { cause: 'crash-loop', kind: 'release', meaning: 'it crashed', remedy: 'read the traceback' },
};

function end(more: Partial<EndFacts['outcome']>, isOfRun: boolean): EndFacts {
  return {
    outcome: {
      deploymentId: 'd-2',
      status: 'Succeeded',
      reason: { code: 'all-hosts-passed', text: 'it ended so' },
      errorName: null,
      endedAt: at(0),
      isDryRun: false,
      hosts: [],
      ...more,
    },
    isOfRun,
    release: 'v2',
  };
}

const waitingHost = { since: at(900), offlineSince: null, starts: 1, failures: 0, retryAt: null, looks: 0 };

/** Hosts a and b are being converged, c waits. */
const running: Convergence = {
  ...emptyConvergence,
  waiting: {
    'i-a': { ...waitingHost, name: 'a' },
    'i-b': { ...waitingHost, name: 'b' },
    'i-c': { ...waitingHost, name: 'c', starts: 0 },
  },
  underWay: { name: 'converge-1', hosts: ['i-a', 'i-b'], at: at(60) },
};

const failure = (name: string, secondsAgo: number) => ({
  instanceId: `i-${name}`,
  name,
  at: at(secondsAgo),
  why: 'why',
});
const breaker = { openedAt: at(60), why: 'why', next: 'next' };

describe('what a deployment says of its hosts', () => {
  test('is kept, whoever asked for it', () => {
    const hosts = [
      hostOutcome('a', 'passed'),
      hostOutcome('b', 'reverted', 'v1-x'),
      hostOutcome('c', 'untouched', 'v1-x'),
      hostOutcome('d', 'dirty', 'v2-x'),
      hostOutcome('e', 'kept', 'v2-x'),
    ];

    const { seen } = withEnd(emptyConvergence, end({ hosts }, false));

    expect(Object.entries(seen).map(([id, { running: what, isRight }]) => `${id} ${what} ${isRight}`)).toEqual([
      'i-a v2-x true',
      'i-b v1-x true',
      'i-c v1-x true',
      'i-d v2-x false',
      'i-e v2-x false',
    ]);
    expect(seen['i-a']).toMatchObject({ deploymentId: 'd-2', at: at(0) });
  });

  test('is nothing of hosts that it left out or never saw, and nothing in a dry run', () => {
    const hosts = [hostOutcome('a', 'skipped', null), hostOutcome('b', 'untouched', null)];
    const before = {
      ...emptyConvergence,
      seen: { 'i-a': { running: 'v1-x', isRight: true, deploymentId: 'd', at: at(9) } },
    };

    expect(withEnd(before, end({ hosts }, false)).seen).toEqual(before.seen);
    expect(withEnd(before, end({ hosts: [hostOutcome('a', 'passed')], isDryRun: true }, false))).toBe(before);
  });

  test('is not put over what a later one has said', () => {
    const seen = { 'i-a': { running: 'v3-x', isRight: true, deploymentId: 'd-3', at: at(-10) } };

    expect(withEnd({ ...emptyConvergence, seen }, end({ hosts: [hostOutcome('a', 'passed')] }, false)).seen).toEqual(
      seen,
    );
  });

  test('ends the wait of hosts that passed, and what was given up', () => {
    const givenUp = { 'i-b': { name: 'b', at: at(9), kind: 'failed', why: 'why', next: 'next' } } as const;
    const before = { ...running, underWay: null, givenUp };

    const after = withEnd(before, end({ hosts: [hostOutcome('a', 'passed'), hostOutcome('b', 'passed')] }, false));

    expect(Object.keys(after.waiting)).toEqual(['i-c']);
    expect(after.givenUp).toEqual({});
  });
});

describe('a rollback that left hosts on its release', () => {
  const half = { ...end({ status: 'Degraded' }, false), isHalfRolledBack: { to: 'v1' } };
  const left = withEnd(emptyConvergence, half);

  test('stops converging, with what to type', () => {
    expect(left.breaker).toEqual({
      openedAt: at(0),
      why: 'a rollback left hosts on v1 and others on v2; no host is brought to v2 by itself',
      next: 'bring the others there too: rollgate rollback --to v1',
      isOfRollback: true,
    });
  });

  test('is over when a release becomes stable, not when a deployment to single hosts succeeds', () => {
    expect(withEnd(left, end({}, false)).breaker).toEqual(left.breaker);
    expect(withEnd(left, { ...end({}, false), becameStable: 'v1' }).breaker).toBeNull();
  });
});

describe('the breaker', () => {
  const open: Convergence = { ...emptyConvergence, failures: [failure('a', 60)], breaker };

  test('is closed by a success that was not a converge, and by nothing else', () => {
    expect(withEnd(open, end({}, false))).toMatchObject({ failures: [], breaker: null });
    expect(withEnd(open, end({ status: 'Degraded' }, false))).toMatchObject({ failures: open.failures, breaker });
    expect(withEnd({ ...open, underWay: running.underWay }, end({}, true))).toMatchObject({ breaker });
  });

  test('opens after three failures in a row of whichever hosts', () => {
    const before = { ...running, failures: [failure('y', 7200), failure('z', 60)] };

    const after = withEnd(before, end({ status: 'RolledBack', hosts: [crashed, hostOutcome('b', 'skipped')] }, true));

    expect(after.breaker).toEqual({
      openedAt: at(0),
      why: '3 tries in a row did not bring v2 to a host (a: it crashed); no host is converged by itself any more',
      next: 'put it right, then: rollgate deploy --release v2',
    });
  });

  test('forgets what was too long ago, and what came before a success', () => {
    const old = { ...running, failures: [failure('y', failureWindowSeconds), failure('z', 60)] };
    const mixed = { ...running, failures: [failure('y', 120), failure('z', 60)] };

    const aged = withEnd(old, end({ hosts: [crashed, hostOutcome('b', 'skipped')] }, true));
    const passed = withEnd(mixed, end({ hosts: [crashed, hostOutcome('b', 'passed')] }, true));

    expect(aged).toMatchObject({ breaker: null, failures: [{ name: 'z' }, { name: 'a' }] });
    expect(passed).toMatchObject({ breaker: null, failures: [{ name: 'a' }] });
  });
});

describe('the end of the run that is under way', () => {
  test('leaves a host that failed waiting, to be tried again after a pause', () => {
    const hosts = [crashed, hostOutcome('b', 'passed')];

    const after = withEnd(running, end({ status: 'Degraded', errorName: 'GateFailedError', hosts }, true));

    expect(after.underWay).toBeNull();
    expect(after.waiting).toMatchObject({ 'i-a': { failures: 1, retryAt: at(-300) }, 'i-c': { failures: 0 } });
    expect(after.waiting).not.toHaveProperty('i-b');
    expect(after.failures).toEqual([{ instanceId: 'i-a', name: 'a', at: at(0), why: 'it crashed' }]);
  });

  test('gives a host up that failed for the third time, with the reason and what to type', () => {
    const twice = { ...running.waiting, 'i-a': { ...waitingHost, name: 'a', failures: 2 } };

    const after = withEnd({ ...running, waiting: twice }, end({ hosts: [crashed, hostOutcome('b', 'passed')] }, true));

    expect(after.waiting).not.toHaveProperty('i-a');
    expect(after.givenUp['i-a']).toEqual({
      name: 'a',
      at: at(0),
      kind: 'failed',
      why: 'it crashed',
      next: 'rollgate deploy --release v2 --hosts i-a',
    });
  });

  test('counts hosts of which there is no outcome: it was refused, or they are gone', () => {
    const gone = { ...running, waiting: { 'i-b': { ...waitingHost, name: 'b' } } };

    const after = withEnd(gone, end({ status: 'FailedClean', errorName: 'InvalidDeploymentError' }, true));

    expect(after.failures.map(({ name, why }) => `${name}: ${why}`)).toEqual(['i-a: it ended so', 'b: it ended so']);
    expect(after.waiting).toMatchObject({ 'i-b': { failures: 1 } });
    expect(after.waiting).not.toHaveProperty('i-a');
  });

  test('for another host before this one was tried is no failure of its own, but one of all where none is at fault', () => {
    const untried = hostOutcome('b', 'untouched', 'none');

    const after = withEnd(running, end({ status: 'RolledBack', hosts: [crashed, untried] }, true));
    const blocked = withEnd(running, end({ hosts: [hostOutcome('a', 'untouched', 'v1-x'), untried] }, true));

    expect(after.failures.map(({ name }) => name)).toEqual(['a']);
    expect(after.waiting).toMatchObject({ 'i-b': { failures: 0, retryAt: at(-300) } });
    expect(blocked.failures.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('is no failure where the target was frozen or the host offline', () => {
    const frozen = withEnd(running, end({ status: 'FailedClean', errorName: 'DeploymentLockedError' }, true));
    const skipped = [hostOutcome('a', 'skipped', null), hostOutcome('b', 'skipped', null)];
    const offline = withEnd(running, end({ status: 'FailedClean', hosts: skipped }, true));

    expect(frozen).toEqual({ ...running, underWay: null });
    expect(offline).toEqual({ ...running, underWay: null });
  });

  test('that a person halted gives its hosts up, and counts as no failure', () => {
    const hosts = [hostOutcome('a', 'passed'), hostOutcome('b', 'untouched', 'none')];

    const after = withEnd(running, end({ status: 'Halted', errorName: 'HaltedError', hosts }, true));

    expect(after.failures).toEqual([]);
    expect(Object.keys(after.waiting)).toEqual(['i-c']);
    expect(after.givenUp).toMatchObject({ 'i-b': { kind: 'halted', why: 'it ended so' } });
    expect(after.givenUp).not.toHaveProperty('i-a');
  });

  test('told twice counts once', () => {
    const once = withEnd(running, end({ hosts: [crashed, hostOutcome('b', 'passed')] }, true));

    expect(withEnd(once, end({ hosts: [crashed, hostOutcome('b', 'passed')] }, false)).waiting).toEqual(once.waiting);
  });
});
