import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import { shouldDefer } from '../../../../core/rollout/decide/should-defer.ts';
import { crashed, givenHost, givenRollout, said } from '../../given-rollout.ts';

type Given = Parameters<typeof givenRollout>[1];
const passed = { run: 'passed' } as const;
const failed = { run: 'failed', diagnosis: crashed } as const;

function asks(name: string, action: 'activate' | 'revert', hosts: readonly HostProgress[], given: Given = {}): boolean {
  const ids = hosts.map((host) => host.host.instanceId);
  const decision =
    action === 'activate'
      ? ({ kind: 'wave', wave: 1, hosts: ids, maxConcurrency: 9 } as const)
      : ({ kind: 'revert', hosts: ids, maxConcurrency: 9 } as const);
  const facts = givenRollout(hosts, { ...given, decisions: [decision] });
  return shouldDefer(facts, { instanceId: `i-${name}`, action, round: 1 });
}

describe('a host of a wave', () => {
  test('goes where nothing is in the way', () => {
    expect(asks('a', 'activate', [givenHost('a'), givenHost('b')])).toBe(false);
  });

  test.each<[string, readonly HostProgress[], Given]>([
    ['the budget is spent', [givenHost('a', failed), givenHost('b')], {}],
    ['the operator said halt', [givenHost('a', passed), givenHost('b')], { controls: { halt: said(1) } }],
    ['the operator said pause', [givenHost('a', passed), givenHost('b')], { controls: { pause: said(1) } }],
    ['another is on its way up', [givenHost('a', { run: 'activating' }), givenHost('b')], {}],
    ['one before it may be on its way in the same moment', [givenHost('a'), givenHost('b')], {}],
    ['another is down', [givenHost('b'), givenHost('c', { wasDown: true })], {}],
  ])('is held back where %s', (_why, hosts, given) => {
    expect(asks('b', 'activate', hosts, given)).toBe(true);
  });

  test('goes though others are down where it is down itself', () => {
    expect(asks('b', 'activate', [givenHost('a', { wasDown: true }), givenHost('b', { wasDown: true })])).toBe(false);
  });

  test('goes after a host that refused, within the budget', () => {
    const hosts = [givenHost('a', { isRefused: true }), givenHost('b')];

    expect(asks('b', 'activate', hosts, { policy: { maxFailedHosts: 1 } })).toBe(false);
  });
});

describe('a host of a revert', () => {
  test('goes at once where it is down', () => {
    expect(asks('b', 'revert', [givenHost('a', failed), givenHost('b', failed)])).toBe(false);
  });

  test('goes at once where it was on its way up when its execution died', () => {
    const unseen = givenHost('a', { wasDown: true });

    expect(asks('b', 'revert', [unseen, givenHost('b', { run: 'activating' })])).toBe(false);
  });

  test('is held back while it serves and another is down', () => {
    const stuck = givenHost('a', { run: 'revertFailed', revertAttempts: 2 });

    expect(asks('b', 'revert', [stuck, givenHost('b', passed)])).toBe(true);
    expect(asks('b', 'revert', [stuck, givenHost('b', passed)], { policy: { maxUnavailable: 2 } })).toBe(false);
  });

  test('is not held back by halt, which asked for it', () => {
    expect(asks('a', 'revert', [givenHost('a', passed)], { controls: { halt: said(1), pause: said(1) } })).toBe(false);
  });
});

test('a gate is never held back', () => {
  expect(shouldDefer(givenRollout([givenHost('a', failed)]), { instanceId: 'i-a', action: 'verify', round: 1 })).toBe(
    false,
  );
});

test('hosts that ask in the same moment never take more places than there are', () => {
  const anyRun = fc.constantFrom('untouched', 'untouched', 'activating', 'passed', 'failed', 'reverted');
  const anyHost = fc.record({ run: anyRun, wasDown: fc.boolean() } as const);
  fc.assert(
    fc.property(
      fc.array(anyHost, { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      (given, maxUnavailable, isRevert) => {
        const names = [...'abcdefg'];
        const hosts = given.map((more, index) => givenHost(names[index] ?? '', more));
        const policy = { maxUnavailable, maxFailedHosts: 9 };
        const isServing = (host: HostProgress) =>
          isRevert ? host.run === 'passed' : host.run === 'untouched' && !host.wasDown;
        const go = hosts.filter(
          (host) => isServing(host) && !asks(host.host.name, isRevert ? 'revert' : 'activate', hosts, { policy }),
        );
        const isAway = (host: HostProgress) =>
          host.run === 'failed' || host.run === 'activating' || (host.run === 'untouched' && host.wasDown);
        if (go.length > 0) {
          expect(go.length + hosts.filter(isAway).length).toBeLessThanOrEqual(maxUnavailable);
        }
      },
    ),
  );
});
