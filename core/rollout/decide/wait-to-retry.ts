import type { Decision, RolloutFacts } from '../../model/rollout-facts.ts';

/** Seconds before what came to nothing is asked again: the first time, the second time, and from then on. */
const waits = [4, 12, 60] as const;

/**
 * The decision; or a wait before it where its last round came to nothing for one of its hosts: it was caught in an error, or
 * the round left no step at all.
 *
 * | the last decision      | what it left             | the same again is | decided  |
 * |------------------------|--------------------------|-------------------|----------|
 * | wave a                 | an error of a            | wave a            | wait 4   |
 * | wave a, wait 4, wave a | an error of a            | wave a            | wait 12  |
 * | wave a, wait 4         |                          | wave a            | wave a   |
 * | wave a b               | a passed, b held back    | wave b            | wave b   |
 * | wave a b               | no step at all           | wave a b          | wait 4   |
 * | wave a                 | an error of a            | revert a          | revert a |
 * | park                   |                          | wave a            | wave a   |
 */
export function waitToRetry({ decisions, progress }: RolloutFacts, wanted: Decision): Decision {
  const last = decisions.at(-1);
  if (last === undefined || last.decision.kind !== wanted.kind || !('hosts' in wanted) || !('hosts' in last.decision)) {
    return wanted;
  }
  const before = last.decision.hosts;
  const hosts = progress.filter(
    ({ host }) => wanted.hosts.includes(host.instanceId) && before.includes(host.instanceId),
  );
  const isDead = !progress.some(({ lastStepRound }) => lastStepRound === last.round);
  const isVain = hosts.length > 0 && (isDead || hosts.some(({ caught }) => caught?.round === last.round));
  if (!isVain) {
    return wanted;
  }
  const begun = decisions.findLastIndex(({ decision }) => decision.kind !== 'wait' && decision.kind !== wanted.kind);
  const waited = decisions.slice(begun + 1).filter(({ decision }) => decision.kind === 'wait').length;
  return { kind: 'wait', seconds: waits[Math.min(waited, waits.length - 1)] ?? waits[2] };
}
