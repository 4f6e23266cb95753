import { describe, expect, test } from 'vitest';
import { differingAfter, differingWithin, lastDiffering } from '../../../core/lock/differing-hosts.ts';
import type { HostOutcome } from '../../../core/model/deployment-records.ts';
import type { DifferingHost, DifferingHosts } from '../../../core/model/target-state.ts';
import { instant } from '../../given/deployment.ts';
import { documentedRows, wordsOf } from '../documented-rows.ts';

const deploymentId = 'd-20261122-204500-bbbbbb';
const earlier: DifferingHost = {
  runs: 'v3-x',
  since: instant(-60),
  by: 'd-20261121-204500-aaaaaa',
  why: 'Succeeded',
};

function ended(host: Pick<HostOutcome, 'status' | 'running'>): HostOutcome {
  return { instanceId: 'a', name: 'a', observedAt: instant(30), diagnosis: null, repair: null, ...host };
}

function endOn(
  before: DifferingHosts,
  host: Pick<HostOutcome, 'status' | 'running'>,
  more: { readonly isConverge?: boolean; readonly isRollback?: boolean; readonly stable?: string | null } = {},
): DifferingHosts {
  return differingAfter(before, {
    outcome: { deploymentId, status: 'Degraded', endedAt: instant(60), hosts: [ended(host)] },
    admitted: { trigger: more.isConverge === true ? 'converge' : 'person', isRollback: more.isRollback ?? false },
    stable: more.stable === undefined ? 'v2-x' : more.stable,
  });
}

const statusWords: Readonly<Record<string, HostOutcome['status']>> = {
  'put back': 'reverted',
  'left out': 'skipped',
  offline: 'skipped',
};
const releases: Readonly<Record<string, string | null>> = { stable: 'v2-x', another: 'v4-x', 'not seen': null };

describe('differingAfter', () => {
  const rows = documentedRows('core/lock/differing-hosts.ts', 'differingAfter').flatMap(
    ([how = '', runs = '', entry = '']) => {
      const isConverge = how.includes('of a converge');
      const words = wordsOf(
        how.replace(' (`halt --keep`) or ', ', ').replace(' or ', ', ').replace('of a converge', ''),
      );
      const all = runs === 'whatever' ? Object.keys(releases) : [runs];
      return words.flatMap((word) => all.map((each) => [word, each, isConverge, entry] as const));
    },
  );

  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  test.each(rows)('a host that ended %s and runs %s (of a converge: %s): %s', (word, runs, isConverge, entry) => {
    const host = { status: statusWords[word] ?? (word as HostOutcome['status']), running: releases[runs] ?? null };
    const fresh = endOn({}, host, { isConverge });
    const again = endOn({ a: earlier }, host, { isConverge });
    const set = { runs: host.running, by: deploymentId, why: 'Degraded', since: instant(30) };

    switch (entry) {
      case 'set':
        expect([fresh, again]).toEqual([{ a: set }, { a: set }]);
        return;
      case 'removed':
        expect([fresh, again]).toEqual([{}, {}]);
        return;
      case 'stays as it is':
      case 'stays as it is: it brought no release':
        expect([fresh, again]).toEqual([{}, { a: earlier }]);
        return;
      default:
        expect(entry).toBe('stays; set only if there was one already');
        expect([fresh, again]).toEqual([{}, { a: { ...earlier, runs: 'v4-x' } }]);
    }
  });

  test('keeps the instant at which a host was first seen on the same release', () => {
    expect(endOn({ a: earlier }, { status: 'passed', running: 'v3-x' })['a']).toMatchObject({
      since: earlier.since,
      by: deploymentId,
    });
  });

  test('keeps the hosts that were not part of the deployment', () => {
    expect(endOn({ b: earlier }, { status: 'passed', running: 'v2-x' })).toEqual({ b: earlier });
  });

  test('marks what a rollback left', () => {
    expect(endOn({}, { status: 'passed', running: 'v1-x' }, { isRollback: true })['a']?.isRollback).toBe(true);
  });

  test('names no host while nothing is stable', () => {
    expect(endOn({ a: earlier }, { status: 'passed', running: 'v3-x' }, { stable: null })).toEqual({});
  });
});

test('the last entry is that of the latest deployment', () => {
  const later = { ...earlier, by: deploymentId };

  expect(lastDiffering({ a: later, b: earlier })).toBe(later);
  expect(lastDiffering({})).toBeUndefined();
});

test('a host without the tags of the target is dropped', () => {
  expect(differingWithin({ a: earlier, b: earlier }, ['b', 'c'])).toEqual({ b: earlier });
});
