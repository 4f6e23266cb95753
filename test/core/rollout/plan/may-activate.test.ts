import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ActivationFacts, mayActivate } from '../../../../core/rollout/plan/may-activate.ts';
import { documentedRows, wordsOf } from '../../documented-rows.ts';

const rows = documentedRows('core/rollout/plan/may-activate.ts', 'mayActivate');

describe('mayActivate', () => {
  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(7);
  });

  test.each(rows)('%s with [%s] down, [%s] activating, [%s] failed, limits %s and %s: %s', (...cells) => {
    const [instanceId, down, activating, failed, maxUnavailable, maxFailedHosts, expected] = cells;

    const answer = mayActivate({
      instanceId: instanceId ?? '',
      downHosts: wordsOf(down),
      activatingHosts: wordsOf(activating),
      failedHosts: wordsOf(failed),
      isLastServing: false,
      maxUnavailable: Number(maxUnavailable),
      maxFailedHosts: Number(maxFailedHosts),
    });

    expect(answer.kind === 'stop' ? `stop ${answer.why}` : answer.kind).toBe(expected);
  });

  test('names the hosts that are in the way', () => {
    const facts: ActivationFacts = {
      instanceId: 'a',
      downHosts: ['c'],
      activatingHosts: ['b'],
      failedHosts: [],
      isLastServing: false,
      maxUnavailable: 2,
      maxFailedHosts: 0,
    };

    expect(mayActivate(facts)).toEqual({ kind: 'wait', unavailable: ['b', 'c'] });
    expect(mayActivate({ ...facts, failedHosts: ['c', 'c'] })).toEqual({
      kind: 'stop',
      why: 'failed-hosts',
      failed: ['c'],
    });
  });

  test('holds the last host that serves back, after the failure budget', () => {
    const facts = {
      instanceId: 'a',
      downHosts: [],
      activatingHosts: [],
      failedHosts: [],
      isLastServing: true,
    } as const;
    const limits = { maxUnavailable: 5, maxFailedHosts: 0 };

    expect(mayActivate({ ...facts, ...limits })).toEqual({ kind: 'stop', why: 'last-serving-host' });
    expect(mayActivate({ ...facts, ...limits, failedHosts: ['b'] })).toMatchObject({ why: 'failed-hosts' });
  });

  test('never lets a serving host go where that would exceed maxUnavailable', () => {
    const some = fc.subarray(['a', 'b', 'c', 'd', 'e']);
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 5 }), (downHosts, activatingHosts, maxUnavailable) => {
        const answer = mayActivate({
          instanceId: 'a',
          downHosts,
          activatingHosts,
          failedHosts: [],
          isLastServing: false,
          maxUnavailable,
          maxFailedHosts: 0,
        });
        const unavailable = new Set([...downHosts, ...activatingHosts, 'a']).size;
        expect(answer.kind !== 'go' || downHosts.includes('a') || unavailable <= maxUnavailable).toBe(true);
      }),
    );
  });
});
