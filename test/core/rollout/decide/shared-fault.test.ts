import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../../core/model/diagnosis.ts';
import type { Decision } from '../../../../core/model/rollout-facts.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { evaluateOutcome } from '../../../../core/rollout/outcome/evaluate-outcome.ts';
import { givenHost, givenRollout, said } from '../../given-rollout.ts';

const brokerDown: Diagnosis = {
  cause: 'upstream-refused',
  kind: 'shared',
  meaning: 'rabbitmq refuses connections on 10.0.0.9:5672',
  remedy: 'start it',
};
const suspended = givenHost('a', { run: 'failed', hasSwitched: true, diagnosis: brokerDown });
const wave: Decision = { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 };
const parked: Decision = { kind: 'park', wave: 1, why: 'shared-fault', untilMilliseconds: Number.MAX_SAFE_INTEGER };

describe('a fault that the release before would show too', () => {
  test('pauses the rollout and reverts nothing', () => {
    const facts = givenRollout([suspended, givenHost('b')], { decisions: [wave] });

    expect(decideNextWave(facts)).toMatchObject({ decision: { kind: 'park', why: 'shared-fault' }, failure: null });
  });

  test('is looked for again when a person says resume', () => {
    const facts = givenRollout([suspended, givenHost('b')], {
      decisions: [wave, parked],
      controls: { resume: said(180) },
    });

    expect(decideNextWave(facts).decision).toEqual({ kind: 'verify', wave: 1, hosts: ['i-a'], maxConcurrency: 1 });
  });

  test('a resume that was said before the pause does not end it', () => {
    const facts = givenRollout([suspended, givenHost('b')], {
      decisions: [wave, parked],
      controls: { resume: said(30) },
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'park', why: 'shared-fault' });
  });

  test('halt puts the host back all the same', () => {
    const facts = givenRollout([suspended, givenHost('b')], {
      decisions: [wave, parked],
      controls: { halt: said(180) },
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'revert', hosts: ['i-a'] });
  });

  test('nobody who answers in time means back', () => {
    const facts = givenRollout([suspended, givenHost('b')], {
      decisions: [wave, { ...parked, untilMilliseconds: 0 }],
    });

    expect(decideNextWave(facts).decision).toMatchObject({ kind: 'revert', hosts: ['i-a'] });
    expect(evaluateOutcome(facts).reason.code).toBe('not-reverted');
  });

  test('a fault of the release itself is reverted as ever', () => {
    const crashed = givenHost('a', { run: 'failed', hasSwitched: true, diagnosis: { ...brokerDown, kind: 'release' } });

    expect(decideNextWave(givenRollout([crashed, givenHost('b')], { decisions: [wave] })).decision.kind).toBe('revert');
  });

  test('a host that could not even switch is reverted, whatever its upstreams do', () => {
    const stuck = givenHost('a', { run: 'failed', hasSwitched: false, diagnosis: brokerDown });

    expect(decideNextWave(givenRollout([stuck, givenHost('b')], { decisions: [wave] })).decision.kind).toBe('revert');
  });
});
