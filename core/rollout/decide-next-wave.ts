import { isOutside, owesJoin } from '../balancer/balancer-standing.ts';
import { throughBalancer } from '../balancer/through-balancer.ts';
import type { Control } from '../deployment-records.ts';
import { reason } from '../reasons.ts';
import { beforeStaging, isStagingDue, missingApproval } from './approval.ts';
import { failureOf } from './evaluate-outcome.ts';
import { isOverEventBudget, maxHostsAtOnce } from './event-budget.ts';
import {
  type HostProgress,
  hasFailed,
  isDown,
  isInterrupted,
  isRevertable,
  isSuspended,
  landed,
} from './host-progress.ts';
import { isPaused } from './is-paused.ts';
import { concurrencyOf, maxHostsPerWave, maxMapConcurrency, planWaves, type Wave } from './plan-waves.ts';
import type { Decision, Failure, ParkReason, RecordedDecision, RolloutFacts } from './rollout-facts.ts';
import { switchOfHost } from './switch-of-host.ts';

/** A host that did not settle is asked once more, then named in FailedDirty. */
export const maxSettleAttempts = 2;

/** Commands to one host in a row, its first wave included, before a fault of the platform waits for a person. */
const maxRecoveryTries = 6;

/** A pause that nobody ends within a week is an end: the deployment is reverted. */
export const pauseLimitSeconds = 604_800;

/** Seconds of a bake that are not worth another state. */
const clockTolerance = 2;

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
  const facts = { ...read, progress: landed(read) };
  const failure = failureOf(facts);
  if (facts.decisions.length >= maxRounds) {
    return { decision: { kind: 'finish' }, failure };
  }
  const forward = failure === null ? decideForward(facts) : null;
  const turnsBack = failure ?? (forward?.kind === 'wave' ? blockOf(facts, forward.hosts) : null);
  const wanted =
    forward === null || turnsBack !== null ? decideBackward(facts, turnsBack?.keepsHosts ?? false) : forward;
  const decision = throughBalancer(facts, wanted);
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
  const down = facts.progress.filter(isDown).map((host) => host.host.instanceId);
  return {
    kind: 'wave',
    wave,
    hosts: next.hosts.slice(0, maxHostsAtOnce(facts.plan)),
    // Also hosts that are down anyway go one after another: the first that does not pass stops the others.
    maxConcurrency: concurrencyOf({
      hosts: next.hosts.length,
      downOutside: down.filter((id) => !next.hosts.includes(id)).length + facts.plan.downElsewhere,
      maxUnavailable: facts.plan.policy.maxUnavailable,
    }),
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

/** No host of the wave may go down, and nothing that runs brings one back: waiting would change nothing. */
function blockOf(facts: RolloutFacts, hosts: readonly string[]): Failure | null {
  // A host that is well and outside its load balancer comes back first, and makes room.
  if (facts.progress.some(owesJoin) || hosts.some((id) => switchOfHost(facts, id, 'activate', []).kind === 'go')) {
    return null;
  }
  const why = reason('too-many-down', { down: countDown(facts), limit: facts.plan.policy.maxUnavailable });
  return { reason: why, errorName: 'GateFailedError', keepsHosts: false };
}

/**
 * Undo: every touched host goes back to its own previous release. Hosts that are down go first, all at once, since they
 * have nothing to lose; then those that serve, as far as the hosts that stay down leave room for it.
 */
function decideBackward(facts: RolloutFacts, keepsHosts: boolean): Decision {
  if (keepsHosts) {
    return settleOrFinish(facts);
  }
  // One that passed and waits to join its load balancer serves nobody either.
  const down = facts.progress.filter((host) => isRevertable(host) || (host.run === 'passed' && isOutside(host)));
  if (down.length > 0) {
    return revert(facts, down);
  }
  const isRoom = countDown(facts) < facts.plan.policy.maxUnavailable;
  const serving = isRoom ? facts.progress.filter((host) => host.run === 'passed') : [];
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
      downOutside: facts.progress.filter(isDown).length - downInside + facts.plan.downElsewhere,
      maxUnavailable: facts.plan.policy.maxUnavailable,
    }),
  };
}

function countDown(facts: RolloutFacts): number {
  return facts.progress.filter(isDown).length + facts.plan.downElsewhere;
}

/** Before any end state every host with an unsettled intent has acknowledged a higher fence, or is named. */
function settleOrFinish(facts: RolloutFacts): Decision {
  const unsettled = facts.progress.filter((host) => !host.isSettled && host.settleAttempts < maxSettleAttempts);
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

/** A wave that is complete bakes, and is then verified again. A bake of 0 s is no state at all. */
function decideAfterWave(
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

function park(facts: RolloutFacts, wave: number, why: ParkReason, seconds: number): Decision {
  return { kind: 'park', wave, why, untilMilliseconds: facts.nowMilliseconds + seconds * 1000 };
}

/**
 * A fault that the old release shows too pauses, and never reverts a good release: the rollout waits until a person says
 * resume or retry (then the hosts are asked again, with retry also where only some of them are meant) or halt (then they are
 * put back).
 */
function awaitSharedFault(facts: RolloutFacts, suspended: readonly HostProgress[]): Decision {
  const asked = answersOf(facts).flatMap((word) => word.hosts ?? []);
  const hosts = isResumed(facts) ? suspended : suspended.filter(({ host }) => asked.includes(host.instanceId));
  return hosts.length > 0 ? verify(facts, hosts) : park(facts, currentWave(facts), 'shared-fault', pauseLimitSeconds);
}

/**
 * Hosts of which the platform has lost sight are looked at again, so often; then the rollout waits for a person, as it
 * does for any fault that is not the release's. Null where there is none, or where the next wave takes care of it.
 */
function recover(facts: RolloutFacts): Decision | null {
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

/** Decisions since the last wait that sent a command to this host after it was staged. */
function triesOf({ decisions }: RolloutFacts, { host }: HostProgress): number {
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
  return last?.decision.kind === 'park' && controls.resume !== null && controls.resume.at >= last.at;
}

/** What was said to retry since the rollout was parked. */
function answersOf({ decisions, controls }: RolloutFacts): readonly Control[] {
  const last = decisions.at(-1);
  return last?.decision.kind === 'park' ? controls.retry.filter((word) => word.at >= last.at) : [];
}

/** Waves are planned from what Stage found: the same finding always gives the same waves. */
export function wavesOf(facts: RolloutFacts): readonly Wave[] {
  const staged = facts.progress.filter((host) => host.stage === 'staged');
  return planWaves({
    hosts: staged.map((host) => ({
      instanceId: host.host.instanceId,
      zone: host.host.zone,
      isDown: host.wasDown,
      isOutdated: host.before !== facts.admitted.release.releaseId,
    })),
    // A rollback takes the fast lane: one wave, still no more than maxUnavailable at once, gate on.
    waves: facts.admitted.isRollback ? ['100%'] : facts.plan.policy.waves,
  });
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

/** Staged, not touched yet, not refused by the host or SSM, and not left out by an operator. */
function isStillToActivate(facts: RolloutFacts, instanceId: string): boolean {
  const host = hostOf(facts, instanceId);
  return host !== undefined && isToActivate(host);
}

function isToActivate(host: HostProgress): boolean {
  return host.run === 'untouched' && !host.isRefused && !host.isSkipped;
}

/** It has failed, is whole again, and an operator wants it tried once more. */
function mayBeRetried(host: HostProgress): boolean {
  return host.isToRetry && !host.isSkipped && hasFailed(host) && (host.run === 'untouched' || host.run === 'reverted');
}

function hostOf(facts: RolloutFacts, instanceId: string): HostProgress | undefined {
  return facts.progress.find((host) => host.host.instanceId === instanceId);
}
