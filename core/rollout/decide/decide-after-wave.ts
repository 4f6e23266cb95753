import type { Decision, RecordedDecision, RolloutFacts } from '../../model/rollout-facts.ts';
import { maxMapConcurrency, type Wave } from '../plan/plan-waves.ts';
import { hostOf, isStillToActivate } from '../plan/waves-of-rollout.ts';

/** Seconds of a bake that are not worth another state. */
const clockTolerance = 2;

/** A wave that is complete bakes, and is then verified again. A bake of 0 s is no state at all. */
export function decideAfterWave(
  facts: RolloutFacts,
  waves: readonly Wave[],
): Extract<Decision, { readonly kind: 'bake' | 'verify' }> | undefined {
  const { bakeSeconds } = facts.plan.policy;
  const begun = facts.decisions.findLastIndex(({ decision }) => decision.kind === 'wave');
  const last = facts.decisions[begun]?.decision;
  if (bakeSeconds === 0 || facts.admitted.isRollback || last?.kind !== 'wave') {
    return undefined;
  }
  const wave = waves.find((each) => each.number === last.wave);
  const passed = wave?.hosts.filter((id) => hostOf(facts, id)?.run === 'passed') ?? [];
  const isComplete = wave?.hosts.every((id) => !isStillToActivate(facts, id)) ?? false;
  if (!isComplete || passed.length === 0) {
    return undefined;
  }
  const since = facts.decisions.slice(begun);
  // What woke it early (a word that was said, an alarm that is well again) does not make a bake shorter.
  const left = secondsLeft(
    since.find(({ decision }) => decision.kind === 'bake'),
    bakeSeconds,
    facts.nowMilliseconds,
  );
  const isVerified = since.some(({ decision }) => decision.kind === 'verify' && decision.wave === last.wave);
  if (!isVerified && left > 0) {
    return { kind: 'bake', wave: last.wave, seconds: left };
  }
  return isVerified
    ? undefined
    : { kind: 'verify', wave: last.wave, hosts: passed, maxConcurrency: Math.min(maxMapConcurrency, passed.length) };
}

/** Of a bake that began with this decision. The clocks of two services need not agree to the second. */
function secondsLeft(begun: RecordedDecision | undefined, bakeSeconds: number, nowMilliseconds: number): number {
  const passed = begun === undefined ? 0 : (nowMilliseconds - Date.parse(begun.at)) / 1000;
  const left = Math.ceil(bakeSeconds - passed);
  return begun === undefined || left > clockTolerance ? left : 0;
}
