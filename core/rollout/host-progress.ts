import { type BalancerProgress, isOutside, maxBalancerAttempts } from '../balancer/balancer-standing.ts';
import type { PlannedHost, ReportedCheck } from '../deployment-records.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { StepAction } from '../statuses.ts';
import { isStagingDue } from './approval.ts';
import type { CaughtError } from './caught-errors.ts';
import { decideByCause } from './decide-by-cause.ts';
import type { Recovery } from './recovery.ts';
import type { Decision, RolloutFacts } from './rollout-facts.ts';

/**
 * Where one host stands in a deployment, read from its steps and nothing else: the same steps always give the same
 * progress, whichever execution reads them.
 */
export interface HostProgress {
  readonly host: PlannedHost;
  readonly stage: 'waiting' | 'staged' | 'failed' | 'unknown';
  /**
   * `untouched`: no activate intent. `activating`: on its way, not yet through its gate. `passed`: runs the release and
   * passed its last gate. `failed`: activated or meant to be, and did not pass. `reverted`: back on its previous release
   * and passed. `revertFailed`: neither.
   */
  readonly run: 'untouched' | 'activating' | 'passed' | 'failed' | 'reverted' | 'revertFailed';
  /** Nothing sent earlier can still change the host. */
  readonly isSettled: boolean;
  /** It has answered that it runs the release; whether it is healthy is another question. */
  readonly hasSwitched: boolean;
  /** SSM or the host refused to activate: it runs what it ran before, and will in this deployment. */
  readonly isRefused: boolean;
  /** Nobody has heard of it since: its last command was refused by SSM, or nobody knows what became of it. */
  readonly isLost: boolean;
  /** In how many rounds this execution has tried to revert or settle the host. */
  readonly revertAttempts: number;
  readonly settleAttempts: number;
  /** Where it stands towards the load balancer. */
  readonly balancer: BalancerProgress;
  /** The host was not serving when it was staged; where staging gave no report, when an earlier deployment last saw it. */
  readonly wasDown: boolean;
  /** What the report of its newest command says of the service; null where that command gave none. */
  readonly lastAnswer: 'serves' | 'doesNotServe' | null;
  /** What ran before this deployment, as the host reported it: `v41-…`, `v0`, `none`; null where it was not seen. */
  readonly before: string | null;
  /** What runs now, as last reported, and when. */
  readonly running: string | null;
  readonly observedAt: string | null;
  /** It has passed a gate since it was activated, and no later gate was answered: the last look found it serving. */
  readonly hasPassedLast: boolean;
  /** Decision after which the host last passed its gate. */
  readonly passedInRound: number | null;
  /** The newest of its steps that brought the rollout forward; null where there is none. */
  readonly advance: Advance | null;
  /** Checks of its newest gate that failed and do not decide. */
  readonly reported: readonly ReportedCheck[];
  /** SHA-256 of the packages that were resolved at staging. */
  readonly packagesSha256: string | null;
  /** The platform has lost sight of the host: what brings it back into the rollout. */
  readonly recovery: Recovery | null;
  readonly diagnosis: Diagnosis | null;
  /** The error that its last step ended in for the machine, where nothing good has come since. */
  readonly caught: CaughtError | null;
  /** Steps that were asked for often enough without a beginning: they are not asked for again. */
  readonly givenUp: readonly StepAction[];
  /** The newest round that has left a step of it; -1 where none has. */
  readonly lastStepRound: number;
  /** An operator has said skip: it is left out, or goes back, and counts against no budget. */
  readonly isSkipped: boolean;
  /** An operator has said retry, and it was not tried again since. */
  readonly isToRetry: boolean;
}

/** A host was staged, or passed its gate. */
export interface Advance {
  readonly kind: 'staged' | 'passed';
  readonly at: string;
}

/** A host that could not be reverted is tried once more, then named in FailedDirty. */
export const maxRevertAttempts = 2;

/**
 * The progress once no Map is running any more: a host that has not answered by now is one that failed, and so is one
 * that was to be verified again and was not.
 */
export function landed(facts: Pick<RolloutFacts, 'plan' | 'progress' | 'decisions'>): readonly HostProgress[] {
  const { progress, decisions } = facts;
  const isStageOver = !isStagingDue(facts);
  const isUnverified = ({ host, run, passedInRound }: HostProgress): boolean =>
    run === 'passed' &&
    decisions.some(
      ({ decision, round }) =>
        decision.kind === 'verify' && decision.hosts.includes(host.instanceId) && round > (passedInRound ?? round),
    );
  return progress.map((host) => ({
    ...host,
    stage: host.stage === 'waiting' && isStageOver ? 'unknown' : host.stage,
    run: host.run === 'activating' || isUnverified(host) ? 'failed' : host.run,
    recovery: isUnverified(host) ? 'verify' : host.recovery,
    isRefused: host.isRefused || isStuck(host),
  }));
}

/**
 * The progress while the Map of this decision is at work. Only a wave activates, and only its own hosts: any other that was
 * on its way before has landed as one that failed, as it had for the decision itself.
 */
export function landedBefore(
  progress: readonly HostProgress[],
  decision: Decision | undefined,
): readonly HostProgress[] {
  const atWork = new Set(decision?.kind === 'wave' ? decision.hosts : []);
  const hasLanded = ({ host, run }: HostProgress): boolean =>
    decision !== undefined && run === 'activating' && !atWork.has(host.instanceId);
  return progress.map((host) => (hasLanded(host) ? { ...host, run: 'failed' } : host));
}

/**
 * Nobody could tell, often enough, whether the load balancer lets it go, or its activation could not be begun: it is not
 * switched in this deployment.
 */
function isStuck({ run, balancer, givenUp }: HostProgress): boolean {
  const isGivenUp = givenUp.includes('activate') || givenUp.includes('drain');
  return run === 'untouched' && (isGivenUp || balancer.lostDrains >= maxBalancerAttempts);
}

/**
 * The host does not serve, whatever made it so; one that nobody has heard of is taken for down, and so is one that its
 * load balancer sends nothing.
 */
export function isDown(host: HostProgress): boolean {
  switch (host.run) {
    case 'failed':
      // An operator's word ended the gate that was asked once more: that has taken nothing down.
      return !host.hasPassedLast || host.isLost || isOutside(host);
    case 'revertFailed':
      return true;
    case 'untouched':
      return host.wasDown || host.isLost || isOutside(host);
    case 'reverted':
      return host.before === 'none' || isOutside(host);
    case 'passed':
      return isOutside(host);
    case 'activating':
      return false;
  }
}

/** The release serves there, as far as anybody has seen: putting the host back takes it down. */
export function isServingRelease(host: HostProgress): boolean {
  return (host.run === 'passed' || host.run === 'failed') && !isDown(host);
}

/** Activated, and not what it should be: another revert may bring it back. */
export function isRevertable(host: HostProgress): boolean {
  const isTriedAgain = host.run === 'revertFailed' && host.revertAttempts < maxRevertAttempts;
  return (host.run === 'failed' || isTriedAgain) && !host.givenUp.includes('revert');
}

/**
 * The host switched, and its gate failed for a fault that the release before it would show too (RabbitMQ is down for
 * everybody). It is neither reverted nor counted as failed: the rollout waits for a person.
 */
export function isSuspended(host: HostProgress): boolean {
  return host.run === 'failed' && host.hasSwitched && isAsked(host.diagnosis);
}

function isAsked(diagnosis: Diagnosis | null): boolean {
  return diagnosis !== null && decideByCause(diagnosis.kind, 'switching') === 'ask';
}

/**
 * The platform lost sight of the host while it was switched or asked. It is neither reverted nor counted as failed: it is
 * looked at again.
 */
export function isInterrupted(host: HostProgress): boolean {
  return host.run === 'failed' && host.recovery !== null;
}

/** A host that counts against `maxFailedHosts`, whatever has been done about it since; one that was skipped does not. */
export function countsAsFailed(host: HostProgress): boolean {
  return hasFailed(host) && !host.isSkipped;
}

/** A host that did not get the release, whatever has been done about it since. */
export function hasFailed(host: HostProgress): boolean {
  return (
    host.stage === 'failed' ||
    host.stage === 'unknown' ||
    host.isRefused ||
    (host.run === 'failed' && !isSuspended(host) && !isInterrupted(host)) ||
    host.run === 'reverted' ||
    host.run === 'revertFailed'
  );
}
