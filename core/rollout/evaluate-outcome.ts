import { isLeftOutside, isOutside } from '../balancer/balancer-standing.ts';
import type { Control, HostOutcome } from '../deployment-records.ts';
import type { ErrorName } from '../errors.ts';
import { type Reason, reason } from '../reasons.ts';
import { releaseName } from '../release/release-manifest.ts';
import type { DeploymentEnd } from '../statuses.ts';
import { failureOfAlarms } from './alarms.ts';
import { countsAsFailed, type HostProgress, hasFailed, isInterrupted, isRevertable, landed } from './host-progress.ts';
import { saidBy } from './judge-word.ts';
import { lastProgress, waitedMilliseconds } from './last-progress.ts';
import type { Failure, RolloutFacts } from './rollout-facts.ts';
import { isSeenServing } from './seen-serving.ts';
import { stableBefore } from './stable-before.ts';

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
  const failedHosts = facts.progress.filter(countsAsFailed);
  const first = failedHosts.find((host) => host.diagnosis !== null) ?? failedHosts[0];
  const isOverBudget = failedHosts.length > facts.plan.policy.maxFailedHosts;
  // Where an execution died, hosts without an answer are its consequence, not the reason.
  if (isOverBudget && first !== undefined && !(facts.isRepair && first.diagnosis === null)) {
    return failed(reasonOfHost(first));
  }
  const stuck = facts.progress.filter((host) => host.run === 'revertFailed' && !isRevertable(host));
  if (stuck.length > 0) {
    return failed(reason('not-reverted', { hosts: names(stuck) }));
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
    progress.filter(countsAsFailed).length <= facts.plan.policy.maxFailedHosts &&
    progress.some((host) => host.run === 'passed') &&
    progress.every(
      (host) => host.run === 'passed' || host.run === 'reverted' || (host.run === 'untouched' && hasFailed(host)),
    )
  );
}

/** The end state of a deployment, decided from what its hosts are, not from how it got there. */
export function evaluateOutcome(read: RolloutFacts): Outcome {
  const facts = { ...read, progress: landed(read) };
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
    const text = reason('not-reverted', {
      hosts: `${dirty.map((host) => host.name).join(', ')}${why === '' ? '' : ` (${why})`}`,
    });
    return { status: 'FailedDirty', reason: text, errorName: 'RevertFailedError', hosts };
  }
  const touched = facts.progress.filter((host) => host.run !== 'untouched');
  const passed = facts.progress.filter((host) => host.run === 'passed');
  if (failure !== null) {
    const status =
      failure.keepsHosts && touched.length > 0 ? 'Halted' : touched.length === 0 ? 'FailedClean' : 'RolledBack';
    return { status, reason: failure.reason, errorName: failure.errorName, hosts };
  }
  const leftOut = facts.progress.filter(isLeftOut);
  const offline = facts.plan.skipped.map((host) => host.name).join(', ');
  if (passed.length + leftOut.length === facts.progress.length && passed.length > 0) {
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
    reason: reason('within-budget', { release, count: passed.length, failed: names(failedHosts), offline }),
    errorName: 'GateFailedError',
    hosts,
  };
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

function hostOutcome(host: HostProgress, facts: RolloutFacts, failure: Failure | null): HostOutcome {
  // A host that passed, in a rollout that turned back, should run its previous release.
  const isLeftOver = host.run === 'passed' && failure !== null && !failure.keepsHosts;
  const isDirty =
    !host.isSettled || host.run === 'failed' || host.run === 'revertFailed' || isLeftOver || isLeftOutside(host);
  const keeps = facts.controls.halt?.isKept ?? false;
  const skip = isLeftOut(host) ? skipOf(facts, host) : undefined;
  const isServing = isSeenServing(host);
  const status = isDirty
    ? keeps && host.isSettled
      ? 'kept'
      : 'dirty'
    : skip !== undefined
      ? 'skipped'
      : ({ untouched: 'untouched', passed: 'passed', reverted: 'reverted' } as const)[
          host.run as 'untouched' | 'passed' | 'reverted'
        ];
  return {
    instanceId: host.host.instanceId,
    name: host.host.name,
    status,
    running: host.running,
    observedAt: host.observedAt,
    diagnosis: host.diagnosis,
    repair: status === 'dirty' ? repairCommand(host, facts) : null,
    reported: host.reported,
    ...(isServing === undefined ? {} : { isServing }),
    ...(isDirty && isOutside(host) ? { isOutside: true } : {}),
    ...(failure?.keepsHosts === true ? { goesBackTo: host.run === 'passed' ? host.running : host.before } : {}),
    ...(status !== 'skipped' || skip === undefined ? {} : { why: `skipped ${saidBy(skip)}` }),
  };
}

/** An operator has said skip, and it runs what it ran before. */
function isLeftOut(host: HostProgress): boolean {
  return host.isSkipped && (host.run === 'untouched' || host.run === 'reverted');
}

function skipOf({ controls }: RolloutFacts, { host }: HostProgress): Control | undefined {
  return controls.skip.find((word) => word.hosts?.includes(host.instanceId));
}

/**
 * A dirty host is put right by deploying the stable release to it alone, through the same gates. Before the first stable
 * release there is none to put back, and the one that just failed is no remedy.
 */
function repairCommand(host: HostProgress, facts: RolloutFacts): string {
  const stable = stableBefore(facts);
  return stable === null
    ? 'upload a version that works (rollgate deploy ZIP): no release is stable yet that could be put back'
    : `rollgate deploy --release ${releaseName(stable.number)} --hosts ${host.host.instanceId}`;
}

function skippedOutcome(instanceId: string, name: string): HostOutcome {
  return { instanceId, name, status: 'skipped', running: null, observedAt: null, diagnosis: null, repair: null };
}

function reasonOfHost(host: HostProgress): Reason {
  const name = host.host.name;
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
