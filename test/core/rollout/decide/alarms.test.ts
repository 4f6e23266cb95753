import { describe, expect, test } from 'vitest';
import type { AlarmReading } from '../../../../core/model/alarm-reading.ts';
import type { Decision, Failure } from '../../../../core/model/rollout-facts.ts';
import {
  absentAlarms,
  alarmRemarks,
  alarmsOfStage,
  alarmsToAsk,
  failureOfAlarms,
  readAlarms,
} from '../../../../core/rollout/decide/alarms.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { failureOf } from '../../../../core/rollout/outcome/evaluate-outcome.ts';
import { crashed, givenHost, givenRollout, recorded, said, startedAt } from '../../given-rollout.ts';

const deciding = { name: 'payment-5xx', isReportOnly: false };
const reporting = { name: 'broker-slow', isReportOnly: true };
const policy = { alarms: [deciding, reporting] };
const fires = (name: string) => ({ name, state: 'ALARM', reason: 'Threshold Crossed:\n 40 > 5' }) as const;
const firing = readAlarms([deciding], [fires('payment-5xx')]);
const passed = { run: 'passed', passedInRound: 1 } as const;

test('the name of the stage is put into the names of alarms', () => {
  expect(alarmsOfStage([{ name: '{stage}-payment-{stage}', isReportOnly: true }], 'prod')).toEqual([
    { name: 'prod-payment-prod', isReportOnly: true },
  ]);
});

describe('the alarms that are asked', () => {
  const failure: Failure = { reason: { code: 'halted', text: '' }, errorName: 'HaltedError', keepsHosts: false };
  const turnedBack = recorded({ kind: 'revert', hosts: ['i-a'], maxConcurrency: 1 }, 1, { failure });

  test.each<[string, Parameters<typeof givenRollout>[1], number]>([
    ['all, about what a person asks for', {}, 2],
    ['all, about an upload', { admitted: { trigger: 'upload' } }, 2],
    ['none about a rollback: the alarm may be why', { admitted: { isRollback: true } }, 0],
    ['none about a converge, which brings nothing new', { admitted: { trigger: 'converge' } }, 0],
    ['none in a repair', { more: { isRepair: true } }, 0],
    ['none about what turns back already', { decisions: [turnedBack] }, 0],
  ])('are %s', (_what, given, count) => {
    expect(alarmsToAsk(givenRollout([givenHost('a')], { policy, ...given }))).toHaveLength(count);
  });

  test('are none in a plan that was written before there were alarms', () => {
    const facts = givenRollout([givenHost('a')]);
    const { alarms, ...old } = facts.plan.policy;

    expect(alarms).toEqual([]);
    expect(alarmsToAsk({ ...facts, plan: { ...facts.plan, policy: old as never } })).toEqual([]);
  });
});

test('alarms that CloudWatch does not have are refused, report-only ones too', () => {
  expect(absentAlarms([deciding, reporting], [fires('payment-5xx')])).toEqual([
    'rollout.alarms: CloudWatch has no alarm broker-slow in this account and region; create it, or take it out',
  ]);
});

describe('a reading', () => {
  test.each<[string, AlarmReading, string | null]>([
    ['of nothing', { kind: 'notAsked' }, null],
    ['without an answer', { kind: 'unreadable', why: 'busy' }, null],
    ['of OK', readAlarms([deciding], [{ name: 'payment-5xx', state: 'OK', reason: '' }]), null],
    [
      'of too little data',
      readAlarms([deciding], [{ name: 'payment-5xx', state: 'INSUFFICIENT_DATA', reason: '' }]),
      null,
    ],
    ['of one that is gone', readAlarms([deciding], []), null],
    ['of ALARM where it only reports', readAlarms([reporting], [fires('broker-slow')]), null],
    ['of ALARM', firing, 'this CloudWatch alarm is in ALARM: payment-5xx (Threshold Crossed: 40 > 5)'],
    [
      'of two',
      readAlarms([deciding, { ...reporting, isReportOnly: false }], [fires('broker-slow'), fires('payment-5xx')]),
      'these CloudWatch alarms are in ALARM: payment-5xx (Threshold Crossed: 40 > 5), broker-slow (Threshold Crossed: 40 > 5)',
    ],
  ])('%s turns back with %s', (_what, reading, text) => {
    expect(failureOfAlarms(reading)?.reason.text ?? null).toBe(text);
  });

  test('says what a person should know of it, and nothing of what is well', () => {
    expect(alarmRemarks(readAlarms([deciding, reporting], [fires('broker-slow')]))).toEqual([
      'the alarm payment-5xx is not there any more',
      'the alarm broker-slow is in ALARM: Threshold Crossed: 40 > 5 (report only)',
    ]);
    expect(alarmRemarks({ kind: 'unreadable', why: 'busy' })).toEqual([
      'the alarms could not be read, so the gates decided alone: busy',
    ]);
    expect(alarmRemarks(readAlarms([deciding], [{ name: 'payment-5xx', state: 'OK', reason: 'few' }]))).toEqual([]);
  });
});

describe('an alarm that fires', () => {
  const code = (hosts: Parameters<typeof givenRollout>[0], given: Parameters<typeof givenRollout>[1] = {}) =>
    failureOf(givenRollout(hosts, { more: { alarms: firing }, ...given }))?.reason.code;

  test('turns back a rollout that goes forward, and one whose hosts have all passed', () => {
    expect(code([givenHost('a', passed), givenHost('b')])).toBe('alarm-firing');
    expect(code([givenHost('a', passed), givenHost('b', passed)])).toBe('alarm-firing');
  });

  test('says less than a host that failed, and than a person', () => {
    expect(code([givenHost('a', { run: 'failed', diagnosis: crashed }), givenHost('b')])).toBe('gate-failed');
    expect(code([givenHost('a', passed)], { controls: { halt: said(1) } })).toBe('halted');
  });
});

describe('a bake', () => {
  const wave: Decision = { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 };
  const bake: Decision = { kind: 'bake', wave: 1, seconds: 600 };
  const next = (seconds: number, more: readonly Decision[] = []) =>
    decideNextWave(
      givenRollout([givenHost('a', passed)], {
        policy: { bakeSeconds: 600 },
        decisions: [wave, bake, ...more],
        // The bake was decided at 120 s.
        more: { nowMilliseconds: startedAt + (120 + seconds) * 1000 },
      }),
    ).decision;

  test.each([
    [100, { kind: 'bake', wave: 1, seconds: 500 }],
    [100.5, { kind: 'bake', wave: 1, seconds: 500 }],
    [597, { kind: 'bake', wave: 1, seconds: 3 }],
    [598, { kind: 'verify', wave: 1, hosts: ['i-a'], maxConcurrency: 1 }],
    [600, { kind: 'verify', wave: 1, hosts: ['i-a'], maxConcurrency: 1 }],
  ])('that is woken after %s s goes on for the rest of its time', (seconds, decision) => {
    expect(next(seconds)).toEqual(decision);
  });

  test('is over when its time is, however often it was woken', () => {
    expect(
      next(600, [
        { ...bake, seconds: 400 },
        { ...bake, seconds: 90 },
      ]).kind,
    ).toBe('verify');
  });
});
