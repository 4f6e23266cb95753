import type { HostProgress } from '../../model/host-progress.ts';
import type { RolloutFacts } from '../../model/rollout-facts.ts';
import { maxRecoveryTries, triesOf } from '../decide/decide-recovery.ts';
import { countsAsFailed, hasFailed, isDown, isRevertable } from '../progress/host-standing.ts';

/**
 * What is otherwise in a rollback: a broken host does not block the way back. A host with a fault of its own counts against
 * no budget and is put back on what it ran, or named; the others go on. A cause of kind `release` alone stops further
 * hosts, and who has passed stays on the release of the rollback, whatever ends it.
 */
type Facts = Pick<RolloutFacts, 'admitted' | 'plan' | 'progress'>;

/** The hosts that count against `maxFailedHosts`. */
export function failedInBudget({ admitted, progress }: Facts): readonly HostProgress[] {
  return progress.filter((host) => countsAsFailed(host) && (!admitted.isRollback || isFaultOfRelease(host)));
}

/** The hosts of the plan that count against `maxUnavailable`. In a rollback those are left out that nobody can bring up any more. */
export function downInBudget({ admitted, progress }: Facts): readonly HostProgress[] {
  return progress.filter((host) => isDown(host) && !(admitted.isRollback && isGivenUp(host)));
}

/** How many hosts outside the plan count against `maxUnavailable`. */
export function downOutside({ admitted, plan }: Pick<Facts, 'admitted' | 'plan'>): number {
  return admitted.isRollback ? 0 : plan.downElsewhere;
}

/** It did not get the release for another cause than the release, and nothing is tried with it any more. */
export function isGivenUp(host: HostProgress): boolean {
  return (hasFailed(host) || host.isSkipped) && !isRevertable(host) && !isFaultOfRelease(host);
}

/** A host that passed is put back where the rollout turns back, but never to what a rollback leaves. */
export function mayBePutBack({ admitted }: Pick<Facts, 'admitted'>, host: HostProgress): boolean {
  return host.run !== 'passed' || !admitted.isRollback;
}

/**
 * The facts of a rollback that waits for nobody: a host of which the platform has lost sight so often that a person would
 * be asked is a host that failed.
 */
export function withoutHopeless(facts: RolloutFacts): RolloutFacts {
  if (!facts.admitted.isRollback) {
    return facts;
  }
  const isHopeless = (host: HostProgress): boolean =>
    host.recovery !== null && triesOf(facts, host) >= maxRecoveryTries;
  const progress = facts.progress.map((host) =>
    isHopeless(host) ? { ...host, recovery: null, isRefused: host.isRefused || host.run === 'untouched' } : host,
  );
  return { ...facts, progress };
}

function isFaultOfRelease({ diagnosis }: HostProgress): boolean {
  return diagnosis?.kind === 'release';
}
