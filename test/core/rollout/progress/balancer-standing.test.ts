import { describe, expect, test } from 'vitest';
import type { BalancerProgress, HostProgress } from '../../../../core/model/host-progress.ts';
import { belongsIn, isOutside, needsDrain, owesJoin } from '../../../../core/rollout/progress/balancer-standing.ts';
import { isDown } from '../../../../core/rollout/progress/host-standing.ts';
import { progressOf } from '../../../../core/rollout/progress/read-progress.ts';
import { withUnansweredAsFailed } from '../../../../core/rollout/progress/with-unanswered-as-failed.ts';
import { documentedRows } from '../../documented-rows.ts';
import { givenHost, givenPlannedHost, givenRollout, givenStep, recorded } from '../../given-rollout.ts';

const standing = (word: BalancerProgress['standing'], more: Partial<BalancerProgress> = {}): BalancerProgress => ({
  standing: word,
  wasRegistered: true,
  attempts: 0,
  lostDrains: 0,
  ...more,
});

describe('belongsIn', () => {
  const rows = documentedRows('core/rollout/progress/balancer-standing.ts', 'belongsIn');

  test('has worked examples', () => expect(rows.length).toBeGreaterThan(6));

  test.each(rows)('%s, before %s, registered %s: %s', (run, before, wasRegistered, expected) => {
    const both = wasRegistered === 'any' ? [true, false] : [wasRegistered === 'yes'];
    const answers = both.map((each) =>
      belongsIn({
        run: run as HostProgress['run'],
        before: before === 'any' ? 'v1-1' : (before ?? '').replace('…', '1a2b'),
        balancer: standing('out', { wasRegistered: each }),
      }),
    );

    expect(new Set(answers)).toEqual(new Set([expected === 'yes']));
  });
});

test('a host that is outside counts as down, however well it is', () => {
  const words = ['asItWas', 'leaving', 'out', 'notDrained', 'joining', 'in', 'unhealthy'] as const;
  const hosts = words.map((word) => givenHost('a', { run: 'passed', balancer: standing(word) }));

  expect(words.filter((_, index) => isDown(hosts[index] ?? givenHost('a')))).toEqual([
    'leaving',
    'out',
    'joining',
    'unhealthy',
  ]);
  expect(hosts.map(isOutside)).toEqual(hosts.map(isDown));
});

test('a host leaves where requests may reach it, and is asked a second time where nobody knows', () => {
  const asked = (balancer: BalancerProgress): boolean => needsDrain({ balancer });

  expect(asked(standing('asItWas'))).toBe(true);
  expect(asked(standing('in'))).toBe(true);
  expect(asked(standing('leaving', { lostDrains: 1 }))).toBe(true);
  expect(asked(standing('leaving', { lostDrains: 2 }))).toBe(false);
  expect(asked(standing('notDrained'))).toBe(false);
  expect(asked(standing('out'))).toBe(false);
});

test('a host that is well and outside is brought back, twice at most', () => {
  const owes = (balancer: BalancerProgress): boolean => owesJoin(givenHost('a', { run: 'passed', balancer }));

  expect(owes(standing('out'))).toBe(true);
  expect(owes(standing('joining', { attempts: 1 }))).toBe(true);
  expect(owes(standing('joining', { attempts: 2 }))).toBe(false);
  expect(owes(standing('in'))).toBe(false);
  expect(owesJoin(givenHost('a', { run: 'failed', balancer: standing('out') }))).toBe(false);
});

const drained = givenStep({ action: 'drain', round: 1, status: 'done', isReported: false });
const activated = givenStep({ action: 'activate', round: 2, status: 'done' });
const verified = givenStep({ action: 'verify', round: 2, status: 'done' });
const joined = givenStep({ action: 'join', round: 3, status: 'done', isReported: false });
const turnedAway = givenStep({ action: 'join', round: 3, status: 'failed', isReported: false });
const back = [
  givenStep({ action: 'revert', round: 4, status: 'done' }),
  givenStep({ action: 'verifyRevert', round: 4, status: 'done' }),
];

test.each([
  [[drained], 'untouched', 'out'],
  [[drained, activated, verified], 'passed', 'out'],
  [[drained, activated, verified, joined], 'passed', 'in'],
  [[drained, activated, verified, turnedAway], 'failed', 'unhealthy'],
  [[drained, activated, verified, turnedAway, ...back], 'reverted', 'unhealthy'],
  [
    [
      drained,
      activated,
      verified,
      turnedAway,
      ...back,
      givenStep({ action: 'join', attempt: 2, round: 5, status: 'failed', isReported: false }),
    ],
    'revertFailed',
    'unhealthy',
  ],
])('%#: the gate ends with the word of the load balancer', (steps, run, word) => {
  const progress = progressOf(givenPlannedHost('a'), [
    givenStep({ action: 'install', round: 0, status: 'done' }),
    ...steps,
  ]);

  expect([progress.run, progress.balancer.standing, progress.isLost, progress.isSettled]).toEqual([
    run,
    word,
    false,
    true,
  ]);
});

test('a host that would not be let go is one that can not be activated, and counts', () => {
  const refused = progressOf(givenPlannedHost('a'), [
    givenStep({ action: 'drain', status: 'failed', isReported: false }),
  ]);
  const lost = [1, 2].map((round) => givenStep({ action: 'drain', attempt: round, round }));
  const facts = givenRollout([progressOf(givenPlannedHost('a'), lost)], {
    decisions: [recorded({ kind: 'settle', hosts: [] }, 1)],
  });

  expect(refused).toMatchObject({ run: 'untouched', isRefused: true });
  expect(withUnansweredAsFailed(facts)[0]).toMatchObject({ run: 'untouched', isRefused: true });
});

test('attempts of an execution that died, and those before the host was switched, do not count', () => {
  const joins = [3, 5].map((round) => givenStep({ action: 'join', attempt: round, round }));

  expect(progressOf(givenPlannedHost('a'), [drained, activated, verified, ...joins]).balancer.attempts).toBe(2);
  expect(progressOf(givenPlannedHost('a'), [drained, activated, verified, ...joins], 4).balancer.attempts).toBe(1);
  expect(progressOf(givenPlannedHost('a'), [drained, activated, verified, ...joins, ...back]).balancer.attempts).toBe(
    1,
  );
});
