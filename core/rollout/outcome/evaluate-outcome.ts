import type { HostOutcome } from '../../model/deployment-records.ts';
import type { ErrorName } from '../../model/errors.ts';
import type { HostProgress } from '../../model/host-progress.ts';
import { type Reason, reason } from '../../model/reasons.ts';
import { releaseName } from '../../model/release-manifest.ts';
import type { Failure, RolloutFacts } from '../../model/rollout-facts.ts';
import type { DeploymentEnd } from '../../model/statuses.ts';
import { failureOfAlarms } from '../decide/alarms.ts';
import { failedInBudget, isGivenUp, withoutHopeless } from '../plan/way-back.ts';
import { isLeftOutside } from '../progress/balancer-standing.ts';
import { hasFailed, isInterrupted, isRevertable } from '../progress/host-standing.ts';
import { lastProgress, waitedMilliseconds } from '../progress/last-progress.ts';
import { withUnansweredAsFailed } from '../progress/with-unanswered-as-failed.ts';
import { hostOutcome, isLeftOut, skippedOutcome } from './host-outcome.ts';
import { firstErrorOf, reasonOfError } from './reason-of-error.ts';

/** The end of a deployment as its hosts are now. */
export interface Outcome {
  readonly status: DeploymentEnd;
  readonly reason: Reason;
  readonly errorName: ErrorName | null;
  readonly hosts: readonly HostOutcome[];
}

/**
 * The reason to turn back, or null while the rollout may go on. A rollout that has turned back once stays so. One global
 * budget: hosts that could not be staged, that gave no answer or that did not pass their gate all count, however they
 * ended up since.
 */
export function failureOf(facts: RolloutFacts): Failure | null {
  const { halt } = facts.controls;
  if (halt !== null) {
    return {
      reason: reason('halted', { by: halt.by, why: halt.reason }),
      errorName: 'HaltedError',
      keepsHosts: halt.isKept ?? false,
    };
  }
  const earlier = facts.decisions.find((decision) => decision.failure !== undefined)?.failure;
  if (earlier !== undefined) {
    return earlier;
  }
  // A fault of the platform, or an execution that died, after the last gate has passed never reverts a good release.
  // An alarm does: a release that every host takes for good may still be what it is about.
  if (isThrough(facts)) {
    return failureOfAlarms(facts.alarms);
  }
  if (facts.error !== null) {
    return failed(reason('execution-error', facts.error));
  }
  const failedHosts = failedInBudget(facts);
  const first = failedHosts.find((host) => host.diagnosis !== null) ?? failedHosts[0];
  const isOverBudget = failedHosts.length > facts.plan.policy.maxFailedHosts;
  // Where an execution died, hosts without an answer are its consequence, not the reason.
  if (isOverBudget && first !== undefined && !(facts.isRepair && first.diagnosis === null)) {
    return failed(reasonOfHost(first));
  }
  const stuck = facts.progress.filter(
    (host) =>
      !isRevertable(host) &&
      (host.run === 'revertFailed' || (host.run === 'failed' && host.givenUp.includes('revert'))),
  );
  if (stuck.length > 0 && !facts.admitted.isRollback) {
    return failed(reason('not-reverted', { hosts: names(stuck), error: firstErrorOf(stuck) }));
  }
  const outside = facts.progress.find((host) => isLeftOutside(host) && host.givenUp.includes('join'));
  if (outside !== undefined) {
    return failed(reasonOfHost(outside));
  }
  const alarm = failureOfAlarms(facts.alarms);
  if (alarm !== null) {
    return alarm;
  }
  if (facts.isRepair) {
    return failed(reason('execution-ended', { why: 'stopped or lost' }));
  }
  return failureOfProgress(facts);
}

/** Nothing is left to activate or to put back: from here on only a host itself can fail the rollout. */
function isThrough(facts: RolloutFacts): boolean {
  const progress = facts.progress.filter((host) => !isLeftOut(host));
  return (
    failedInBudget(facts).length <= facts.plan.policy.maxFailedHosts &&
    progress.some((host) => host.run === 'passed') &&
    progress.every(
      (host) =>
        host.run === 'passed' ||
        host.run === 'reverted' ||
        (host.run === 'untouched' && hasFailed(host)) ||
        (facts.admitted.isRollback && isGivenUp(host)),
    )
  );
}

/** The end state of a deployment, decided from what its hosts are, not from how it got there. */
export function evaluateOutcome(read: RolloutFacts): Outcome {
  const facts = withoutHopeless({ ...read, progress: withUnansweredAsFailed(read) });
  const failure = facts.admitted.isDryRun ? null : failureOf(facts);
  const hosts = [
    ...facts.progress.map((host) => hostOutcome(host, facts, failure)),
    ...facts.plan.skipped.map((host) => skippedOutcome(host.instanceId, host.name)),
  ];
  const release = releaseName(facts.admitted.release.number);
  if (facts.admitted.isDryRun) {
    const count = facts.plan.hosts.length;
    return { status: 'Succeeded', reason: reason('dry-run', { release, count }), errorName: null, hosts };
  }
  const dirty = hosts.filter((host) => host.status === 'dirty');
  if (dirty.length > 0) {
    const why = failure?.reason.text ?? '';
    const ids = dirty.map((host) => host.instanceId);
    const error = firstErrorOf(facts.progress.filter(({ host }) => ids.includes(host.instanceId)));
    const text = reason('not-reverted', {
      hosts: `${dirty.map((host) => host.name).join(', ')}${why === '' ? '' : ` (${why})`}`,
      error: error === why ? null : error,
    });
    return { status: 'FailedDirty', reason: text, errorName: 'RevertFailedError', hosts };
  }
  const touched = facts.progress.filter((host) => host.run !== 'untouched');
  const passed = facts.progress.filter((host) => host.run === 'passed');
  const leftOut = facts.progress.filter(isLeftOut);
  const haveAllPassed = passed.length + leftOut.length === facts.progress.length && passed.length > 0;
  // Where every host is back on its release, a rollback has nothing left to halt.
  if (failure !== null && !(facts.admitted.isRollback && haveAllPassed)) {
    const status = statusOfFailure(facts, failure);
    return { status, reason: failure.reason, errorName: failure.errorName, hosts };
  }
  const offline = facts.plan.skipped.map((host) => host.name).join(', ');
  if (haveAllPassed) {
    return {
      status: 'Succeeded',
      reason: reason('all-hosts-passed', { release, count: passed.length, leftOut: names(leftOut), offline }),
      errorName: null,
      hosts,
    };
  }
  const failedHosts = facts.progress.filter((host) => hasFailed(host) || host.isSkipped);
  return {
    status: passed.length > 0 ? 'Degraded' : touched.length > 0 ? 'RolledBack' : 'FailedClean',
    reason:
      failedHosts.length === 0
        ? reason('unfinished', { release, hosts: names(facts.progress.filter((host) => host.run !== 'passed')) })
        : reason('within-budget', {
            release,
            count: passed.length,
            failed: names(failedHosts),
            offline,
            error: firstErrorOf(failedHosts),
          }),
    errorName: 'GateFailedError',
    hosts,
  };
}

/** Nothing was left dirty. */
function statusOfFailure({ progress, admitted }: RolloutFacts, failure: Failure): DeploymentEnd {
  if (progress.every((host) => host.run === 'untouched')) {
    return 'FailedClean';
  }
  const isMixed = admitted.isRollback && progress.some((host) => host.run === 'passed');
  if (failure.keepsHosts || (isMixed && failure.errorName === 'HaltedError')) {
    return 'Halted';
  }
  return isMixed ? 'Degraded' : 'RolledBack';
}

function failureOfProgress(facts: RolloutFacts): Failure | null {
  const { policy } = facts.plan;
  const plannedAt = Date.parse(facts.plan.plannedAt);
  const workedFor = facts.nowMilliseconds - plannedAt - waitedMilliseconds(facts, plannedAt);
  if (workedFor > policy.deadlineSeconds * 1000) {
    return failed(reason('deadline-passed', { seconds: policy.deadlineSeconds }));
  }
  const parked = facts.decisions.at(-1)?.decision;
  if (parked?.kind === 'park' && facts.nowMilliseconds >= parked.untilMilliseconds) {
    return failed(reason('nobody-answered', { why: parked.why }));
  }
  const last = lastProgress(facts);
  // Where the platform is in the way, waiting for a person is the answer, not turning back a good release.
  if (last.secondsAgo > policy.progressDeadlineSeconds && !facts.progress.some(isInterrupted)) {
    return failed(reason('no-progress', { seconds: policy.progressDeadlineSeconds, last: last.text }));
  }
  return null;
}

function reasonOfHost(host: HostProgress): Reason {
  const name = host.host.name;
  const error = reasonOfError(host);
  if (error !== null) {
    return error;
  }
  if (host.stage === 'failed') {
    return reason('stage-failed', { host: name, why: host.diagnosis?.meaning ?? 'no report' });
  }
  if (host.diagnosis === null) {
    return reason('host-unknown', { host: name });
  }
  return reason('gate-failed', { host: name, why: host.diagnosis.meaning });
}

function failed(why: Reason): Failure {
  return { reason: why, errorName: 'GateFailedError', keepsHosts: false };
}

function names(hosts: readonly HostProgress[]): string {
  return hosts.map((host) => host.host.name).join(', ');
}
