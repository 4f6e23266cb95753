import type { HostProgress } from '../../model/host-progress.ts';
import type { Control } from '../../model/operator-requests.ts';
import type { Decision, ParkReason, RolloutFacts } from '../../model/rollout-facts.ts';
import { maxHostsPerWave, maxMapConcurrency } from '../plan/plan-waves.ts';
import { isToActivate } from '../plan/waves-of-rollout.ts';
import { isInterrupted } from '../progress/host-standing.ts';

/** Commands to one host in a row, its first wave included, before a fault of the platform waits for a person. */
export const maxRecoveryTries = 6;

/** A pause that nobody ends within a week is an end: the deployment is reverted. */
export const pauseLimitSeconds = 604_800;

/**
 * A fault that the old release shows too pauses, and never reverts a good release: the rollout waits until a person says
 * resume or retry (then the hosts are asked again, with retry also where only some of them are meant) or halt (then they are
 * put back).
 */
export function awaitSharedFault(facts: RolloutFacts, suspended: readonly HostProgress[]): Decision {
  const asked = answersOf(facts).flatMap((word) => word.hosts ?? []);
  const hosts = isResumed(facts) ? suspended : suspended.filter(({ host }) => asked.includes(host.instanceId));
  return hosts.length > 0 ? verify(facts, hosts) : park(facts, currentWave(facts), 'shared-fault', pauseLimitSeconds);
}

/**
 * Hosts of which the platform has lost sight are looked at again, so often; then the rollout waits for a person, as it
 * does for any fault that is not the release's. Null where there is none, or where the next wave takes care of it.
 */
export function recover(facts: RolloutFacts): Decision | null {
  const lost = facts.progress.filter(
    (host) => host.recovery !== null && !host.isSkipped && (isInterrupted(host) || isToActivate(host)),
  );
  const last = facts.decisions.at(-1)?.decision;
  const isWaiting =
    last?.kind === 'park' && last.why === 'platform-fault' && !isResumed(facts) && answersOf(facts).length === 0;
  if (lost.length > 0 && (isWaiting || lost.some((host) => triesOf(facts, host) >= maxRecoveryTries))) {
    return park(facts, currentWave(facts), 'platform-fault', pauseLimitSeconds);
  }
  const unknown = lost.filter((host) => host.recovery === 'settle').slice(0, maxHostsPerWave);
  if (unknown.length > 0) {
    return { kind: 'settle', hosts: unknown.map((host) => host.host.instanceId) };
  }
  const unasked = lost.filter((host) => host.recovery === 'verify').slice(0, maxHostsPerWave);
  return unasked.length > 0 ? verify(facts, unasked) : null;
}

/** The time limit of an approval or a pause runs from its first parking, whatever was said and done since. */
export function park(facts: RolloutFacts, wave: number, why: ParkReason, seconds: number): Decision {
  const untilMilliseconds = firstLimitOf(facts, wave, why) ?? facts.nowMilliseconds + seconds * 1000;
  return { kind: 'park', wave, why, untilMilliseconds };
}

/** Of the approval before this wave, or of a pause that nobody has ended; undefined before its first parking. */
function firstLimitOf({ decisions, controls }: RolloutFacts, wave: number, why: ParkReason): number | undefined {
  for (const { decision, at } of decisions) {
    if (decision.kind !== 'park' || decision.why !== why) continue;
    const isSame = why === 'approval' ? decision.wave === wave : why === 'pause' && !isSaidSince(controls.resume, at);
    if (isSame) return decision.untilMilliseconds;
  }
  return undefined;
}

function isSaidSince(word: Control | null, at: string): boolean {
  return word !== null && word.at >= at;
}

/** Decisions since the last wait that sent a command to this host after it was staged. */
export function triesOf({ decisions }: RolloutFacts, { host }: HostProgress): number {
  const since = decisions.findLastIndex(({ decision }) => decision.kind === 'park') + 1;
  const kinds: readonly Decision['kind'][] = ['wave', 'verify', 'settle'];
  return decisions
    .slice(since)
    .filter(({ decision }) => kinds.includes(decision.kind) && 'hosts' in decision)
    .filter(({ decision }) => 'hosts' in decision && decision.hosts.includes(host.instanceId)).length;
}

function verify(facts: RolloutFacts, asked: readonly HostProgress[]): Decision {
  const hosts = asked.map((host) => host.host.instanceId);
  return {
    kind: 'verify',
    wave: currentWave(facts),
    hosts,
    maxConcurrency: Math.min(maxMapConcurrency, hosts.length),
  };
}

function currentWave({ decisions }: RolloutFacts): number {
  const wave = decisions.findLast(({ decision }) => decision.kind === 'wave')?.decision;
  return wave?.kind === 'wave' ? wave.wave : 1;
}

/** A person said resume after the rollout was parked. */
function isResumed({ decisions, controls }: RolloutFacts): boolean {
  const last = decisions.at(-1);
  return last?.decision.kind === 'park' && isSaidSince(controls.resume, last.at);
}

/** What was said to retry since the rollout was parked. */
function answersOf({ decisions, controls }: RolloutFacts): readonly Control[] {
  const last = decisions.at(-1);
  return last?.decision.kind === 'park' ? controls.retry.filter((word) => isSaidSince(word, last.at)) : [];
}
