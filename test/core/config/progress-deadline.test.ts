import { describe, expect, test } from 'vitest';
import { leastProgressDeadline, progressDeadlineOf, secondsPerHost } from '../../../core/config/progress-deadline.ts';
import type { Decision } from '../../../core/model/rollout-facts.ts';
import { failureOf } from '../../../core/rollout/outcome/evaluate-outcome.ts';
import { lastProgress } from '../../../core/rollout/progress/last-progress.ts';
import { configuration } from '../../given/configuration.ts';
import { documentedRows } from '../documented-rows.ts';
import { givenHost, givenPlannedHost, givenRollout, startedAt } from '../given-rollout.ts';

const waitsOf = (deadlineSeconds: number, stopSeconds: number) => ({
  health: { ...configuration.health, deadlineSeconds },
  unit: { ...configuration.unit, stopSeconds },
});
const rows = documentedRows('core/config/progress-deadline.ts', 'progressDeadlineOf');

describe('the progress deadline where none is given', () => {
  test('has worked examples', () => {
    expect(rows.length).toBeGreaterThan(3);
  });

  test.each(rows)('a gate of %s s, a stop of %s s: %s s', (gate, stop, seconds) => {
    expect(progressDeadlineOf(waitsOf(Number(gate), Number(stop)))).toBe(Number(seconds));
  });

  test('one host may take two stops and its gate, and gives no answer at all for five minutes more', () => {
    expect(secondsPerHost(waitsOf(60, 30))).toBe(120);
    expect(leastProgressDeadline(waitsOf(60, 30))).toBe(420);
  });
});

test('a host behind a load balancer may take as long again as it may take to leave and to join', () => {
  const loadBalancer = { targetGroup: 'payment', drainSeconds: 300, healthySeconds: 120 };

  expect(progressDeadlineOf({ ...waitsOf(60, 30), loadBalancer })).toBe(2700);
  expect(leastProgressDeadline({ ...waitsOf(60, 30), loadBalancer })).toBe(840);
});

const at = (seconds: number): string => new Date(startedAt + seconds * 1000).toISOString();
const advanced = (kind: 'staged' | 'passed', seconds: number) => ({ advance: { kind, at: at(seconds) } });
const waveOne: Decision = { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 };
const pause: Decision = { kind: 'park', wave: 2, why: 'pause', untilMilliseconds: startedAt + 9e9 };
const bake: Decision = { kind: 'bake', wave: 1, seconds: 3600 };

/** Decisions come one a minute, so the first stands at 60 s. */
describe('the last progress', () => {
  const rollout = (hosts: readonly Parameters<typeof givenHost>[1][], decisions: readonly Decision[], now: number) =>
    givenRollout(
      hosts.map((more, index) => givenHost('ab'[index] ?? '', more)),
      { decisions, more: { nowMilliseconds: startedAt + now * 1000 } },
    );

  test.each<[string, number, readonly Parameters<typeof givenHost>[1][], readonly Decision[], number]>([
    ['staging was over at 21:45:00 UTC', 0, [advanced('staged', 30), {}], [], 3600],
    ['a was staged at 20:46:30 UTC', 10, [advanced('staged', 90), {}], [waveOne], 100],
    ['staging was over at 20:46:00 UTC', 40, [advanced('staged', 30), {}], [waveOne], 100],
    ['b passed its gate at 20:46:20 UTC', 20, [advanced('staged', 30), advanced('passed', 80)], [waveOne], 100],
    ['a passed its gate at 20:46:50 UTC', 10, [advanced('passed', 110), {}], [waveOne, pause], 4000],
    ['a passed its gate at 20:46:50 UTC', 10, [advanced('passed', 110), {}], [waveOne, bake], 4000],
  ])('%s, %i s ago', (text, secondsAgo, hosts, decisions, now) => {
    expect(lastProgress(rollout(hosts, decisions, now))).toEqual({ text, secondsAgo });
  });

  test('a second staging is over with the decision after it', () => {
    const decisions: Decision[] = [{ kind: 'stage', hosts: ['i-a', 'i-b'] }, waveOne];

    expect(lastProgress(rollout([{}, {}], decisions, 150))).toEqual({
      text: 'staging was over at 20:47:00 UTC',
      secondsAgo: 30,
    });
  });

  test('too long ago is a reason to turn back, which names it', () => {
    const hosts = [advanced('passed', 80), {}];

    expect(failureOf(rollout(hosts, [waveOne], 80 + 600))).toBeNull();
    expect(failureOf(rollout(hosts, [waveOne], 80 + 601))).toEqual({
      reason: {
        code: 'no-progress',
        text: 'no further host was staged or passed its gate for 600 s; the last progress: a passed its gate at 20:46:20 UTC',
      },
      errorName: 'GateFailedError',
      keepsHosts: false,
    });
  });

  test('is no matter any more where every host has passed', () => {
    const hosts = [
      { ...advanced('passed', 80), run: 'passed' as const },
      { ...advanced('passed', 90), run: 'passed' as const },
    ];

    expect(failureOf(rollout(hosts, [waveOne], 9000))).toBeNull();
  });

  test('a plan that was written before there was this deadline has none', () => {
    const { progressDeadlineSeconds, ...policy } = givenRollout([]).plan.policy;
    const facts = { ...rollout([{}, {}], [waveOne], 9000), progress: [givenHost('a')] };

    expect(progressDeadlineSeconds).toBe(600);
    expect(
      failureOf({ ...facts, plan: { ...facts.plan, hosts: [givenPlannedHost('a')], policy: policy as never } }),
    ).toBeNull();
  });
});
