import { describe, expect, test } from 'vitest';
import type { AdmittedDeployment, DeploymentPlan } from '../../../../core/model/deployment-records.ts';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { isLastServing, maxBesideUncounted } from '../../../../core/rollout/plan/last-serving.ts';
import { givenHost, givenRollout } from '../../given-rollout.ts';

function given(
  hosts: readonly HostProgress[],
  plan: Partial<DeploymentPlan> = {},
  admitted: Partial<AdmittedDeployment> = {},
) {
  const facts = givenRollout(hosts);
  return {
    ...facts,
    admitted: { ...facts.admitted, ...admitted },
    plan: { ...facts.plan, targetHosts: 3, servingElsewhere: 0, ...plan },
  };
}

const [a, b] = [givenHost('a'), givenHost('b')];
const down = givenHost('b', { wasDown: true });

describe('the last host that serves', () => {
  test.each([
    ['is one where all others are out of reach', given([a]), true],
    ['is one where all others of the plan are down', given([a, down]), true],
    ['is none where another of the plan serves', given([a, b]), false],
    ['is none where another is on its way up', given([a, givenHost('b', { run: 'activating' })]), false],
    ['is none where another outside the plan serves', given([a], { servingElsewhere: 1 }), false],
    ['is none where it is down itself', given([givenHost('a', { wasDown: true })]), false],
    ['is none where it is on its way already', given([givenHost('a', { run: 'activating' })]), false],
    ['is none where a person named it', given([a], { namedHosts: ['i-a'] }), false],
    ['is none where it is the whole target', given([a], { targetHosts: 1 }), false],
    ['is none in a rollback', given([a], {}, { isRollback: true }), false],
  ])('%s', (_, facts, expected) => {
    expect(isLastServing(facts, 'i-a')).toBe(expected);
  });

  test('is none in a plan of before the hosts were counted', () => {
    expect(isLastServing(givenRollout([a]), 'i-a')).toBe(false);
  });

  test('waits for the hosts of its wave that are down, also where more may be down at once', () => {
    const facts = given([a, down], { targetHosts: 2 });
    const roomy = { ...facts, plan: { ...facts.plan, policy: { ...facts.plan.policy, maxUnavailable: 2 } } };

    expect(decideNextWave(roomy).decision).toMatchObject({ kind: 'wave', hosts: ['i-b'] });
  });
});

test.each([
  ['all hosts count', given([a, b], { targetHosts: 2 }), Number.POSITIVE_INFINITY],
  ['one that is skipped', given([a, b]), 1],
  ['one that is skipped, and one that serves elsewhere', given([a, b], { targetHosts: 4, servingElsewhere: 1 }), 2],
  ['one that is skipped, and no other', given([a], { targetHosts: 2 }), 1],
  ['one that is skipped, in a rollback', given([a, b], {}, { isRollback: true }), Number.POSITIVE_INFINITY],
  ['a plan of before the hosts were counted', givenRollout([a, b]), Number.POSITIVE_INFINITY],
])('hosts at once with %s: %#', (_, facts, expected) => {
  expect(maxBesideUncounted(facts)).toBe(expected);
});
