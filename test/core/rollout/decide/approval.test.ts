import { describe, expect, test } from 'vitest';
import type { Decision, RolloutFacts } from '../../../../core/model/rollout-facts.ts';
import type { Approval } from '../../../../core/model/service-config.ts';
import { approvalOf, asksBeforeStaging } from '../../../../core/rollout/decide/approval.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { givenHost, givenRollout, recorded, said, startedAt } from '../../given-rollout.ts';

type Admitted = RolloutFacts['admitted'];

const ofUploads: Approval = { kind: 'before-staging', for: 'uploads', timeLimitSeconds: 600 };
const ofAll: Approval = { ...ofUploads, for: 'all' };

describe('an approval is asked of', () => {
  test.each<[string, Pick<Admitted, 'trigger' | 'isRollback'>, boolean, boolean]>([
    ['an upload', { trigger: 'upload', isRollback: false }, true, true],
    ['what a person asks for', { trigger: 'person', isRollback: false }, false, true],
    ['a rollback', { trigger: 'person', isRollback: true }, false, false],
    ['a converge', { trigger: 'converge', isRollback: false }, false, false],
  ])('%s', (_what, admitted, whereOfUploads, whereOfAll) => {
    expect(approvalOf(admitted, ofUploads) !== null).toBe(whereOfUploads);
    expect(approvalOf(admitted, ofAll) !== null).toBe(whereOfAll);
    expect(asksBeforeStaging(admitted, ofUploads)).toBe(whereOfUploads);
    expect(approvalOf(admitted, { kind: 'none' })).toBeNull();
  });

  test('nobody before Stage where it is asked before a wave', () => {
    const upload = { trigger: 'upload', isRollback: false } as const;

    expect(asksBeforeStaging(upload, { ...ofUploads, kind: 'before-first-wave' })).toBe(false);
  });
});

describe('an upload that a person approves before staging', () => {
  const waiting = [givenHost('a', { stage: 'waiting' }), givenHost('b', { stage: 'waiting' })];
  const parked: Decision = {
    kind: 'park',
    wave: 0,
    why: 'approval',
    untilMilliseconds: startedAt + 660_000,
  };
  const decided = (given: Parameters<typeof givenRollout>[1] = {}, hosts = waiting) =>
    decideNextWave(
      givenRollout(hosts, {
        admitted: { trigger: 'upload' },
        policy: { approval: ofUploads },
        plan: { isStagedLater: true },
        ...given,
      }),
    );

  test('waits, and its hosts have not failed', () => {
    expect(decided()).toEqual({ decision: parked, failure: null });
  });

  test('is staged when it is approved', () => {
    expect(decided({ decisions: [parked], controls: { approve: said(61) } })).toEqual({
      decision: { kind: 'stage', hosts: ['i-a', 'i-b'] },
      failure: null,
    });
  });

  test('is not staged while it is paused, approved or not', () => {
    expect(decided({ controls: { approve: said(10), pause: said(20) } }).decision).toMatchObject({
      kind: 'park',
      wave: 0,
      why: 'pause',
    });
  });

  test('ends when nobody approves in time', () => {
    const more = { nowMilliseconds: parked.kind === 'park' ? parked.untilMilliseconds : 0 };

    expect(decided({ decisions: [parked], more })).toMatchObject({
      decision: { kind: 'finish' },
      failure: { reason: { code: 'nobody-answered' } },
    });
  });

  test('has hosts that failed where staging is over and they gave no answer', () => {
    const decisions = [recorded(parked, 1), recorded({ kind: 'stage', hosts: ['i-a', 'i-b'] }, 2)];

    expect(decided({ decisions, controls: { approve: said(61) } }).failure?.reason.code).toBe('host-unknown');
  });

  test('is staged once more where its hosts resolved other packages, and then no more', () => {
    const differing = [givenHost('a'), givenHost('b', { packagesSha256: 'p2' })];
    const stage: Decision = { kind: 'stage', hosts: ['i-a', 'i-b'] };
    const controls = { approve: said(61) };

    expect(decided({ controls, decisions: [parked, stage] }, differing).decision).toEqual(stage);
    expect(decided({ controls, decisions: [parked, stage, stage] }, differing).decision.kind).toBe('wave');
  });
});
