import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../../../core/model/rollout-facts.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { wavesOf } from '../../../../core/rollout/plan/waves-of-rollout.ts';
import { givenHost, givenRollout, newRelease, oldRelease, recorded, said } from '../../given-rollout.ts';

const why: Failure = {
  reason: { code: 'nobody-answered', text: 'nobody ended the pause within its time limit' },
  errorName: 'GateFailedError',
  keepsHosts: false,
};

describe('for any standing of hosts', () => {
  const anyHost = fc.record({
    stage: fc.constantFrom('staged', 'staged', 'staged', 'failed', 'unknown'),
    run: fc.constantFrom('untouched', 'untouched', 'passed', 'failed', 'reverted', 'revertFailed', 'activating'),
    isSettled: fc.boolean(),
    isRefused: fc.boolean(),
    wasDown: fc.boolean(),
    revertAttempts: fc.integer({ min: 1, max: 2 }),
    settleAttempts: fc.integer({ min: 0, max: 2 }),
    before: fc.constantFrom('none', oldRelease, newRelease),
  } as const);
  const anyFacts = fc
    .record({
      hosts: fc.array(anyHost, { minLength: 1, maxLength: 6 }),
      maxUnavailable: fc.integer({ min: 1, max: 3 }),
      maxFailedHosts: fc.integer({ min: 0, max: 3 }),
      isRepair: fc.boolean(),
      isHalted: fc.boolean(),
    })
    .map(({ hosts: given, maxUnavailable, maxFailedHosts, isRepair, isHalted }) =>
      givenRollout(
        given.map((more, index) => {
          const isTouched = more.stage === 'staged' && more.run !== 'untouched';
          const run = isTouched ? more.run : 'untouched';
          return givenHost(String.fromCharCode(97 + index), { ...more, run, isRefused: more.isRefused && !isTouched });
        }),
        {
          policy: { maxUnavailable, maxFailedHosts },
          controls: { halt: isHalted ? said(1) : null },
          more: { isRepair },
        },
      ),
    );

  test('a wave has untouched hosts only, a revert touched ones only, and each has at least one', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { decision } = decideNextWave(facts);
        if (decision.kind === 'wave' || decision.kind === 'revert') {
          const runs = decision.hosts.map((id) => facts.progress.find((host) => host.host.instanceId === id)?.run);
          expect(runs.length).toBeGreaterThan(0);
          expect(runs.every((run) => (run === 'untouched') === (decision.kind === 'wave'))).toBe(true);
          expect(decision.maxConcurrency).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('once turned back it only reverts, settles, waits to do so once more, and finishes', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const decisions = [recorded({ kind: 'settle', hosts: ['i-a'] }, 1, { failure: why })];
        const decided = decideNextWave({ ...facts, decisions });
        expect(['revert', 'settle', 'wait', 'finish']).toContain(decided.decision.kind);
        expect(decided.failure).not.toBeNull();
      }),
    );
  });

  test('hosts that are switched at once, with those that stay down, are never more than maxUnavailable', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { decision } = decideNextWave(facts);
        const isDownNow = (id: string) => {
          const host = facts.progress.find((each) => each.host.instanceId === id);
          return host !== undefined && (host.wasDown || !['untouched', 'passed'].includes(host.run));
        };
        if (decision.kind === 'revert' && !decision.hosts.some(isDownNow)) {
          const stuck = facts.progress.filter((host) =>
            ['failed', 'revertFailed', 'activating'].includes(host.run),
          ).length;
          expect(decision.maxConcurrency + stuck).toBeLessThanOrEqual(Math.max(1, facts.plan.policy.maxUnavailable));
        }
      }),
    );
  });

  test('every staged host is in exactly one wave', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const staged = facts.progress.filter((host) => host.stage === 'staged').map((host) => host.host.instanceId);
        expect(
          wavesOf(facts)
            .flatMap((each) => each.hosts)
            .toSorted(),
        ).toEqual(staged.toSorted());
      }),
    );
  });
});
