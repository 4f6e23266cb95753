import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import type { Decision } from '../../../../core/model/rollout-facts.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { evaluateOutcome } from '../../../../core/rollout/outcome/evaluate-outcome.ts';
import { downInBudget, downOutside, failedInBudget, isGivenUp } from '../../../../core/rollout/plan/way-back.ts';
import { crashed, givenHost, givenRollout, said } from '../../given-rollout.ts';

const full = { cause: 'disk-full', kind: 'host', meaning: 'the disk is full', remedy: 'make room' } as const;
const late = { cause: 'late-command-refused', kind: 'platform', meaning: 'it came late', remedy: 'retry' } as const;
const rollback = { admitted: { isRollback: true } };

const stuck = { run: 'revertFailed', revertAttempts: 2 } as const;
const passed = givenHost('z', { run: 'passed' });

function namesOf(hosts: readonly HostProgress[]): string[] {
  return hosts.map((host) => host.host.name);
}

describe('in a rollback', () => {
  const facts = givenRollout(
    [
      givenHost('a', { stage: 'failed', diagnosis: full }),
      givenHost('b', { run: 'reverted', diagnosis: crashed }),
      givenHost('c', { ...stuck, diagnosis: full }),
      givenHost('d', { ...stuck, diagnosis: crashed }),
      givenHost('e', { stage: 'unknown', isLost: true }),
      givenHost('f', { run: 'failed', diagnosis: full }),
      givenHost('g', { wasDown: true }),
    ],
    { ...rollback, plan: { downElsewhere: 2 } },
  );
  const forward = { ...facts, admitted: { ...facts.admitted, isRollback: false } };

  test('only hosts that failed for a fault of the release count against the failure budget', () => {
    expect(namesOf(failedInBudget(facts))).toEqual(['b', 'd']);
    expect(namesOf(failedInBudget(forward))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('hosts that nobody can bring up any more do not count as down, nor do those outside the plan', () => {
    expect(namesOf(downInBudget(facts))).toEqual(['d', 'f', 'g']);
    expect(namesOf(downInBudget(forward))).toEqual(['c', 'd', 'e', 'f', 'g']);
    expect([downOutside(facts), downOutside(forward)]).toEqual([0, 2]);
  });

  test('a host that an operator skipped is given up, unless it is still to be put back', () => {
    expect(isGivenUp(givenHost('a', { isSkipped: true, wasDown: true }))).toBe(true);
    expect(isGivenUp(givenHost('a', { isSkipped: true, run: 'failed' }))).toBe(false);
  });

  test('a host of which the platform lost sight too often is passed over, and nobody is asked', () => {
    const wave: Decision = { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 };
    const decisions = Array.from({ length: 6 }, () => wave);
    const lost = givenHost('a', { recovery: 'activate', diagnosis: late });
    const given = { decisions, admitted: { isRollback: true } };

    expect(decideNextWave(givenRollout([lost, givenHost('b')], given)).decision).toMatchObject({ hosts: ['i-b'] });
    expect(decideNextWave(givenRollout([lost, givenHost('b')], { decisions })).decision.kind).toBe('park');
  });

  test('every host that passed is kept, and a halt after the last one halts nothing', () => {
    const halt = { controls: { halt: said(1) } };

    expect(evaluateOutcome(givenRollout([passed], { ...rollback, ...halt })).status).toBe('Succeeded');
    expect(evaluateOutcome(givenRollout([passed, givenHost('a')], { ...rollback, ...halt })).status).toBe('Halted');
    expect(decideNextWave(givenRollout([passed], halt)).decision.kind).toBe('revert');
  });

  test('a host that passed and waits to join its load balancer joins it, also once the rollback turns back', () => {
    const balancer = { standing: 'out', wasRegistered: true, attempts: 0, lostDrains: 0 } as const;
    const loadBalancer = {
      groupArn: 'arn:group',
      groupName: 'payment-prod',
      port: 8080,
      drainSeconds: 300,
      healthySeconds: 120,
    };
    const facts = givenRollout([givenHost('a', { run: 'passed', balancer }), givenHost('b')], {
      ...rollback,
      controls: { halt: said(1) },
      plan: { loadBalancer },
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'join', hosts: ['i-a'] });
  });

  test('whatever happened, no decision puts a host back that passed', () => {
    const anyHost = fc.record({
      run: fc.constantFrom('untouched', 'passed', 'passed', 'failed', 'reverted', 'revertFailed', 'activating'),
      diagnosis: fc.constantFrom(null, full, crashed, late),
      wasDown: fc.boolean(),
      isSkipped: fc.boolean(),
      revertAttempts: fc.integer({ min: 1, max: 2 }),
    } as const);
    const situation = fc.record({
      hosts: fc.array(anyHost, { minLength: 1, maxLength: 5 }),
      isRepair: fc.boolean(),
      isHalted: fc.boolean(),
      hasError: fc.boolean(),
      nowMilliseconds: fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
    });
    fc.assert(
      fc.property(situation, ({ hosts, isRepair, isHalted, hasError, nowMilliseconds }) => {
        const progress = hosts.map((more, index) => givenHost(String.fromCharCode(97 + index), more));
        const given = givenRollout(progress, {
          ...rollback,
          controls: { halt: isHalted ? said(1) : null },
          more: { isRepair, error: hasError ? { name: 'States.Timeout', cause: '' } : null, nowMilliseconds },
        });
        const { decision } = decideNextWave(given);
        const back = decision.kind === 'revert' ? decision.hosts : [];
        const kept = progress.filter((host) => host.run === 'passed').map((host) => host.host.instanceId);
        expect(back.filter((id) => kept.includes(id))).toEqual([]);
      }),
    );
  });
});
