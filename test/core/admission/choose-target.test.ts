import { describe, expect, test } from 'vitest';
import { chooseTarget, type TargetFacts, type TargetHost } from '../../../core/admission/choose-target.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';
import { givenPlannedHost } from '../given-rollout.ts';

function host(name: string, more: Partial<TargetHost> = {}): TargetHost {
  return { ...givenPlannedHost(name), state: 'running', ping: 'Online', ...more };
}

function choose(more: Partial<TargetFacts>) {
  return chooseTarget({ tags: { Service: 'payment' }, found: [], named: undefined, offlineHosts: 'fail', ...more });
}

function problemsOf(more: Partial<TargetFacts>): readonly string[] {
  try {
    choose(more);
  } catch (error) {
    if (error instanceof InvalidDeploymentError) return error.problems;
    throw error;
  }
  return [];
}

const away = { ping: 'ConnectionLost' };
const down = {
  running: 'v1-aaaaaaaaaaaa',
  isRight: false,
  isServing: false,
  deploymentId: 'd-1',
  at: '2026-11-22T20:45:00.000Z',
};

describe('the target', () => {
  test('is every tagged host, without what the inventory alone knows', () => {
    expect(choose({ found: [host('a'), host('b')] })).toEqual({
      hosts: [givenPlannedHost('a'), givenPlannedHost('b')],
      skipped: [],
      isWholeTarget: true,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 0,
      targetHosts: 2,
      lastSeenDown: [],
    });
  });

  test('is the named hosts; all of them named are the whole target', () => {
    const found = [host('a'), host('b')];

    expect(choose({ found, named: ['i-b'] })).toEqual({
      hosts: [givenPlannedHost('b')],
      skipped: [],
      isWholeTarget: false,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 1,
      targetHosts: 2,
      lastSeenDown: [],
    });
    expect(choose({ found, named: ['i-b', 'i-a'] }).isWholeTarget).toBe(true);
  });

  test('counts hosts as down that are not deployed to and can not be reached, unless the policy skips them', () => {
    const found = [host('a'), host('b', away)];
    const none = { downElsewhere: 0, downElsewhereNames: [], servingElsewhere: 0, targetHosts: 2 };

    expect(choose({ found, named: ['i-a'] })).toMatchObject({
      ...none,
      downElsewhere: 1,
      downElsewhereNames: ['b (offline)'],
    });
    expect(choose({ found, named: ['i-a'], offlineHosts: 'skip' })).toMatchObject(none);
    expect(choose({ found, named: ['i-a'], offlineHosts: 'skip', offlineElsewhere: 'fail' }).downElsewhere).toBe(1);
  });

  test('counts hosts as down that are not deployed to and did not serve when a deployment last saw them', () => {
    const found = [host('a'), host('b'), host('c'), host('d')];
    const seen = { 'i-a': down, 'i-b': down, 'i-c': { ...down, isServing: true }, 'i-gone': down };

    expect(choose({ found, named: ['i-a'], seen })).toMatchObject({
      downElsewhere: 1,
      downElsewhereNames: ['b (last seen by d-1)'],
      lastSeenDown: ['i-a'],
    });
  });

  test('leaves offline hosts out where the policy says so, and is the whole target all the same', () => {
    expect(choose({ found: [host('a'), host('b', away)], offlineHosts: 'skip' })).toEqual({
      hosts: [givenPlannedHost('a')],
      skipped: [givenPlannedHost('b')],
      isWholeTarget: true,
      downElsewhere: 0,
      downElsewhereNames: [],
      servingElsewhere: 0,
      targetHosts: 2,
      lastSeenDown: [],
    });
  });
});

describe('is refused with every problem', () => {
  test('no host carries the tags', () => {
    expect(problemsOf({})).toEqual([
      'target: no instance carries the tags Service=payment; tag the hosts, or correct target.tags',
    ]);
  });

  test('a named host is not of the target', () => {
    expect(problemsOf({ found: [host('a')], named: ['i-a', 'i-x', 'i-y'] })).toEqual([
      'hosts: i-x does not carry the tags Service=payment; the target is i-a (a)',
      'hosts: i-y does not carry the tags Service=payment; the target is i-a (a)',
    ]);
  });

  test('hosts that can not be reached', () => {
    const found = [
      host('a'),
      host('b', away),
      host('c', { ping: 'absent' }),
      host('d', { state: 'stopped', ping: 'absent' }),
    ];

    expect(problemsOf({ found })).toEqual([
      "target: b (i-b) can't be reached: its SSM agent is offline (ConnectionLost); bring it back, remove its tags, or set rollout.offlineHosts to skip",
      "target: c (i-c) can't be reached: its SSM agent is not registered; bring it back, remove its tags, or set rollout.offlineHosts to skip",
      "target: d (i-d) can't be reached: it is stopped; bring it back, remove its tags, or set rollout.offlineHosts to skip",
    ]);
  });

  test('all hosts are offline, whatever the policy', () => {
    expect(problemsOf({ found: [host('a', away)], offlineHosts: 'skip' })).toHaveLength(1);
  });

  test('an offline host that nobody named is nobody to wait for', () => {
    expect(problemsOf({ found: [host('a'), host('b', away)], named: ['i-a'] })).toEqual([]);
  });
});
