import type { HostProgress } from '../../model/host-progress.ts';
import type { Decision, Failure, RolloutFacts } from '../../model/rollout-facts.ts';
import { failureOf } from '../outcome/evaluate-outcome.ts';
import { isOverEventBudget, maxHostsAtOnce } from '../plan/event-budget.ts';
import { isLastServing, maxBesideUncounted } from '../plan/last-serving.ts';
import { concurrencyOf, maxHostsPerWave, type Wave } from '../plan/plan-waves.ts';
import { isStillToActivate, wavesOf } from '../plan/waves-of-rollout.ts';
import { downInBudget, downOutside, mayBePutBack, withoutHopeless } from '../plan/way-back.ts';
import { hasFailed, isDown, isInterrupted, isRevertable, isSuspended } from '../progress/host-standing.ts';
import { isStagingDue } from '../progress/is-staging-due.ts';
import { withUnansweredAsFailed } from '../progress/with-unanswered-as-failed.ts';
import { beforeStaging, missingApproval } from './approval.ts';
import { blockOf } from './block-of-wave.ts';
import { decideAfterWave } from './decide-after-wave.ts';
import { awaitSharedFault, park, pauseLimitSeconds, recover } from './decide-recovery.ts';
import { isPaused } from './is-paused.ts';
import { throughBalancer } from './through-balancer.ts';
import { waitToRetry } from './wait-to-retry.ts';

/** A host that did not settle is asked once more, then named in FailedDirty. */
const maxSettleAttempts = 2;

/** No deployment takes more decisions than this, whatever happens: every loop has a bound. */
export const maxRounds = 2_000;

export interface Decided {
  readonly decision: Decision;
  /** Why the rollout turns back, or has; null while it goes forward. */
  readonly failure: Failure | null;
}

/**
 * What the machine does next. It is asked after Stage, after every wave, bake, park, revert and settle, and after every
 * error; it looks at the ledger alone, so a repair or a continued execution gets the same answer as the first one.
 */
export function decideNextWave(read: RolloutFacts): Decided {
  const facts = withoutHopeless({ ...read, progress: withUnansweredAsFailed(read) });
  const failure = failureOf(facts);
  if (facts.decisions.length >= maxRounds) {
    return { decision: { kind: 'finish' }, failure };
  }
  const forward = failure === null ? decideForward(facts) : null;
  const turnsBack = failure ?? (forward?.kind === 'wave' ? blockOf(facts, forward.hosts) : null);
  const wanted =
    forward === null || turnsBack !== null ? decideBackward(facts, turnsBack?.keepsHosts ?? false) : forward;
  const decision = waitToRetry(facts, throughBalancer(facts, wanted));
  return {
    decision: isOverEventBudget(facts, decision) ? { kind: 'continue' } : decision,
    failure: turnsBack,
  };
}

function decideForward(facts: RolloutFacts): Decision {
  if (isStagingDue(facts)) {
    return decideStaging(facts);
  }
  const differing = hostsWithOtherPackages(facts);
  if (differing.length > 0) {
    return { kind: 'stage', hosts: differing };
  }
  const failed = facts.progress.filter(
    (host) => isRevertable(host) && (host.isSkipped || !(isSuspended(host) || isInterrupted(host))),
  );
  if (failed.length > 0) {
    return revert(facts, failed);
  }
  const recovery = recover(facts);
  if (recovery !== null) {
    return recovery;
  }
  const suspended = facts.progress.filter((host) => isSuspended(host) && !host.isSkipped);
  if (suspended.length > 0) {
    return awaitSharedFault(facts, suspended);
  }
  const restage = facts.progress.filter((host) => mayBeRetried(host) && host.run === 'untouched' && !host.isRefused);
  if (restage.length > 0) {
    return { kind: 'stage', hosts: restage.map((host) => host.host.instanceId), isRetry: true };
  }
  const waves = wavesOf(facts);
  const after = decideAfterWave(facts, waves);
  const retry = retryOf(facts, waves);
  const next = waves
    .map((wave) => ({ ...wave, hosts: wave.hosts.filter((id) => isStillToActivate(facts, id)) }))
    .find((wave) => wave.hosts.length > 0);
  const wave = after?.wave ?? retry?.wave ?? next?.number;
  if (wave === undefined) {
    return settleOrFinish(facts);
  }
  if (isPaused(facts.controls)) {
    return park(facts, wave, 'pause', pauseLimitSeconds);
  }
  if (after !== undefined || retry !== undefined || next === undefined) {
    return after ?? retry ?? settleOrFinish(facts);
  }
  const approval = missingApproval(facts, waves, next.number);
  if (approval !== null) {
    return park(facts, wave, 'approval', approval.timeLimitSeconds);
  }
  const down = downInBudget(facts).map((host) => host.host.instanceId);
  // The last host that serves waits for those before it to come up.
  const others = next.hosts.filter((id) => !isLastServing(facts, id));
  const hosts = others.length > 0 ? others : next.hosts;
  // Also hosts that are down anyway go one after another: the first that does not pass stops the others.
  const maxConcurrency = concurrencyOf({
    hosts: hosts.length,
    downOutside: down.filter((id) => !hosts.includes(id)).length + downOutside(facts),
    maxUnavailable: facts.plan.policy.maxUnavailable,
  });
  return {
    kind: 'wave',
    wave,
    hosts: hosts.slice(0, maxHostsAtOnce(facts.plan)),
    maxConcurrency: Math.min(maxConcurrency, maxBesideUncounted(facts)),
  };
}

/** Plan has sent nothing to any host: a person approves first. */
function decideStaging(facts: RolloutFacts): Decision {
  if (isPaused(facts.controls)) {
    return park(facts, beforeStaging, 'pause', pauseLimitSeconds);
  }
  const approval = missingApproval(facts, [], beforeStaging);
  return approval === null
    ? { kind: 'stage', hosts: facts.progress.filter((host) => !host.isSkipped).map((host) => host.host.instanceId) }
    : park(facts, beforeStaging, 'approval', approval.timeLimitSeconds);
}

/**
 * Undo: every touched host goes back to its own previous release. Hosts that are down go first, all at once, since they
 * have nothing to lose; then those that serve, as far as the hosts that stay down leave room for it. A rollback leaves those
 * that have passed where they are.
 */
function decideBackward(facts: RolloutFacts, keepsHosts: boolean): Decision {
  if (keepsHosts) {
    return settleOrFinish(facts);
  }
  // One that passed and waits to join its load balancer serves nobody either.
  const isLeft = (host: HostProgress): boolean =>
    isRevertable(host) || (host.run === 'passed' && !host.givenUp.includes('revert'));
  const left = facts.progress.filter((host) => isLeft(host) && mayBePutBack(facts, host));
  const down = left.filter(isDown);
  if (down.length > 0) {
    return revert(facts, down);
  }
  const isRoom = countDown(facts) < facts.plan.policy.maxUnavailable;
  const serving = isRoom ? left : [];
  return serving.length > 0 ? revert(facts, serving) : settleOrFinish(facts);
}

function revert(facts: RolloutFacts, all: readonly HostProgress[]): Decision {
  const hosts = all.slice(0, maxHostsPerWave);
  const downInside = hosts.filter(isDown).length;
  return {
    kind: 'revert',
    hosts: hosts.map((host) => host.host.instanceId),
    maxConcurrency: concurrencyOf({
      hosts: hosts.length,
      downInside,
      downOutside: countDown(facts) - downInside,
      maxUnavailable: facts.plan.policy.maxUnavailable,
    }),
  };
}

function countDown(facts: RolloutFacts): number {
  return downInBudget(facts).length + downOutside(facts);
}

/** Before any end state every host with an unsettled intent has acknowledged a higher fence, or is named. */
function settleOrFinish(facts: RolloutFacts): Decision {
  const unsettled = facts.progress.filter(
    (host) => !host.isSettled && host.settleAttempts < maxSettleAttempts && !host.givenUp.includes('settle'),
  );
  return unsettled.length > 0
    ? { kind: 'settle', hosts: unsettled.slice(0, maxHostsPerWave).map((host) => host.host.instanceId) }
    : { kind: 'finish' };
}

/** Hosts that were put back, or refused, and that an operator wants tried again: one after another. */
function retryOf(
  facts: RolloutFacts,
  waves: readonly Wave[],
): Extract<Decision, { readonly kind: 'wave' }> | undefined {
  const hosts = facts.progress.filter(mayBeRetried).map((host) => host.host.instanceId);
  const wave = waves.find((each) => hosts.some((id) => each.hosts.includes(id)));
  return wave === undefined
    ? undefined
    : { kind: 'wave', wave: wave.number, hosts: hosts.slice(0, maxHostsPerWave), maxConcurrency: 1, isRetry: true };
}

/**
 * Hosts that resolved other Python packages than the first host to finish: they are staged once more, constrained to
 * the packages that the ledger now holds.
 */
function hostsWithOtherPackages(facts: RolloutFacts): readonly string[] {
  const staged = facts.progress.filter(
    (host) => host.stage === 'staged' && host.packagesSha256 !== null && !host.isSkipped,
  );
  const counts = new Map<string, number>();
  for (const host of staged) {
    counts.set(host.packagesSha256 ?? '', (counts.get(host.packagesSha256 ?? '') ?? 0) + 1);
  }
  const stagings = facts.decisions.filter(({ decision }) => decision.kind === 'stage' && !decision.isRetry).length;
  const wasRestaged = stagings > (facts.plan.isStagedLater === true ? 1 : 0);
  return counts.size > 1 && !wasRestaged ? staged.map((host) => host.host.instanceId) : [];
}

/** It has failed, is whole again, and an operator wants it tried once more. */
function mayBeRetried(host: HostProgress): boolean {
  return host.isToRetry && !host.isSkipped && hasFailed(host) && (host.run === 'untouched' || host.run === 'reverted');
}
