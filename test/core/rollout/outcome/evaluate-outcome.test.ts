import { describe, expect, test } from 'vitest';
import type { HostProgress } from '../../../../core/model/host-progress.ts';
import type { RolloutFacts } from '../../../../core/model/rollout-facts.ts';
import { evaluateOutcome, failureOf } from '../../../../core/rollout/outcome/evaluate-outcome.ts';
import {
  crashed,
  givenHost,
  givenPlannedHost,
  givenRollout,
  newRelease,
  oldRelease,
  recorded,
  said,
} from '../../given-rollout.ts';

const passed = { run: 'passed', running: newRelease } as const;
const failed = { run: 'failed', running: newRelease, diagnosis: crashed } as const;
const reverted = { run: 'reverted', running: oldRelease, diagnosis: crashed } as const;
type Given = Parameters<typeof givenRollout>[1];

function endOf(hosts: readonly HostProgress[], given?: Given) {
  const { status, errorName, reason, hosts: ends } = evaluateOutcome(givenRollout(hosts, given));
  return { status, errorName, text: reason.text, hosts: ends.map((host) => `${host.name} ${host.status}`) };
}

describe('the end of a deployment', () => {
  test('Succeeded: every host of the plan runs the release and passed', () => {
    expect(endOf([givenHost('a', passed), givenHost('b', passed)])).toEqual({
      status: 'Succeeded',
      errorName: null,
      text: 'v2 runs on 2 hosts and every one passed its gate',
      hosts: ['a passed', 'b passed'],
    });
  });

  test('hosts that were left out are named', () => {
    expect(endOf([givenHost('a', passed)], { plan: { skipped: [givenPlannedHost('z')] } }).hosts).toEqual([
      'a passed',
      'z skipped',
    ]);
  });

  test('FailedClean: a host could not be staged, nothing was touched', () => {
    const pip = { ...crashed, meaning: 'pip could not install nonsense' };

    expect(endOf([givenHost('a'), givenHost('b', { stage: 'failed', diagnosis: pip })])).toEqual({
      status: 'FailedClean',
      errorName: 'GateFailedError',
      text: 'could not be staged on b: pip could not install nonsense',
      hosts: ['a untouched', 'b untouched'],
    });
  });

  test('RolledBack: every touched host is back on its previous release', () => {
    expect(endOf([givenHost('a', reverted), givenHost('b')])).toEqual({
      status: 'RolledBack',
      errorName: 'GateFailedError',
      text: 'did not pass on a: the application could not be loaded',
      hosts: ['a reverted', 'b untouched'],
    });
  });

  test('RolledBack also where the only host was put back within the budget', () => {
    expect(endOf([givenHost('a', reverted)], { policy: { maxFailedHosts: 1 } }).status).toBe('RolledBack');
  });

  test('Degraded: within the budget, the others run the release', () => {
    expect(endOf([givenHost('a', passed), givenHost('b', reverted)], { policy: { maxFailedHosts: 1 } })).toEqual({
      status: 'Degraded',
      errorName: 'GateFailedError',
      text: 'v2 runs on 1 host; on their previous release: b',
      hosts: ['a passed', 'b reverted'],
    });
  });

  test('without a failure and without an end, as after too many decisions: the hosts without the release are named', () => {
    expect(endOf([givenHost('a'), givenHost('b', passed)])).toMatchObject({
      status: 'Degraded',
      text: 'no end was found after so many decisions; v2 does not run on: a',
    });
  });

  test('FailedDirty: a host could not be put back, and the command that repairs it is named', () => {
    const stuck = givenHost('a', { run: 'revertFailed', revertAttempts: 2, diagnosis: crashed });
    const { hosts, ...end } = evaluateOutcome(givenRollout([stuck, givenHost('b')]));

    expect(end).toEqual({
      status: 'FailedDirty',
      errorName: 'RevertFailedError',
      reason: {
        code: 'not-reverted',
        text: 'these hosts are not as they should be: a (did not pass on a: the application could not be loaded)',
      },
    });
    expect(hosts[0]?.repair).toBe('rollgate deploy --release v1 --hosts i-a');
    expect(hosts[1]?.repair).toBeNull();
  });

  test('FailedDirty: a host that never acknowledged a higher fence, although nothing was touched', () => {
    expect(endOf([givenHost('a', { stage: 'unknown', isSettled: false })]).status).toBe('FailedDirty');
  });

  test('FailedDirty: a host that kept the release of a rollout that turned back', () => {
    const stuck = givenHost('a', { run: 'revertFailed', revertAttempts: 2, diagnosis: crashed });

    expect(endOf([stuck, givenHost('b', passed)]).hosts).toEqual(['a dirty', 'b dirty']);
  });

  test('before the first stable release a dirty host is repaired with a version that works, never with the one that failed', () => {
    const dirty = givenHost('a', { run: 'revertFailed', revertAttempts: 2 });
    const { hosts } = evaluateOutcome(givenRollout([dirty], { admitted: { stable: null } }));

    expect(hosts[0]?.repair).toBe(
      'upload a version that works (rollgate deploy ZIP): no release is stable yet that could be put back',
    );
  });

  test('Halted: the hosts are kept as they are, and who runs what is listed', () => {
    const controls = { halt: { ...said(5, 'lunch'), isKept: true } };

    expect(endOf([givenHost('a', passed), givenHost('b', failed), givenHost('c')], { controls })).toEqual({
      status: 'Halted',
      errorName: 'HaltedError',
      text: 'halted by anna: lunch',
      hosts: ['a passed', 'b kept', 'c untouched'],
    });
  });

  test('halt with revert is RolledBack with the reason halted', () => {
    expect(
      endOf([givenHost('a', { ...reverted, diagnosis: null })], { controls: { halt: said(5, '') } }),
    ).toMatchObject({
      status: 'RolledBack',
      errorName: 'HaltedError',
      text: 'halted by anna',
    });
  });

  test('a dry run is a plan', () => {
    expect(endOf([givenHost('a', { stage: 'waiting' })], { admitted: { isDryRun: true } })).toMatchObject({
      status: 'Succeeded',
      text: 'a plan only: v2 would go to 1 host; nothing was changed',
    });
  });

  test('an execution that died in Stage ends with that as the reason, not with a host that never answered', () => {
    const hosts = [givenHost('a', { stage: 'waiting' }), givenHost('b', { stage: 'waiting' })];

    expect(endOf(hosts, { more: { isRepair: true } })).toMatchObject({
      status: 'FailedClean',
      text: 'its execution ended early (stopped or lost) and was repaired',
    });
  });
});

describe('the reason to turn back', () => {
  const half = [givenHost('a', passed), givenHost('b')];
  const code = (hosts: readonly HostProgress[], given?: Given) =>
    failureOf(givenRollout(hosts, given))?.reason.code ?? null;

  test.each<[string | null, string, readonly HostProgress[], Given]>([
    [null, 'is none while all is well', half, {}],
    ['halted', 'halt comes before everything', [givenHost('a', failed)], { controls: { halt: said(1) } }],
    ['halted', 'halt counts also where all passed', [givenHost('a', passed)], { controls: { halt: said(1) } }],
    ['stage-failed', 'a host that could not be staged', [givenHost('a', { stage: 'failed', diagnosis: crashed })], {}],
    ['host-unknown', 'a host that gave no answer', [givenHost('a', { stage: 'unknown' })], {}],
    ['gate-failed', 'a host that did not pass', [givenHost('a', failed)], {}],
    [null, 'is none within the budget', [givenHost('a', failed), givenHost('b')], { policy: { maxFailedHosts: 1 } }],
    ['execution-error', 'an error of the machine', half, { more: { error: { name: 'X', cause: 'y' } } }],
    ['execution-ended', 'an execution that died', half, { more: { isRepair: true } }],
    ['gate-failed', 'what failed before it died', [givenHost('a', failed)], { more: { isRepair: true } }],
    [null, 'is none where all had passed before it died', [givenHost('a', passed)], { more: { isRepair: true } }],
  ])('%s: %s', (expected, _why, hosts, given) => {
    expect(code(hosts, given)).toBe(expected);
  });

  test('a host with a diagnosis tells more than one without', () => {
    const hosts = [givenHost('a', { stage: 'unknown' }), givenHost('b', { stage: 'failed', diagnosis: crashed })];

    expect(code(hosts)).toBe('stage-failed');
  });

  test('what an earlier decision found stands, whatever the hosts are now', () => {
    const failure: NonNullable<RolloutFacts['decisions'][number]['failure']> = {
      reason: { code: 'deadline-passed', text: 'not finished within 1 s' },
      errorName: 'GateFailedError',
      keepsHosts: false,
    };
    const decisions = [recorded({ kind: 'revert', hosts: ['i-a'], maxConcurrency: 1 }, 1, { failure })];

    expect(failureOf(givenRollout([givenHost('a', passed)], { decisions }))).toBe(failure);
  });
});
