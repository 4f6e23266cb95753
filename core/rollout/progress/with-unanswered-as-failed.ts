import type { HostProgress } from '../../model/host-progress.ts';
import type { Decision, RolloutFacts } from '../../model/rollout-facts.ts';
import { maxBalancerAttempts } from './balancer-standing.ts';
import { isStagingDue } from './is-staging-due.ts';

/**
 * The progress once no Map is running any more: a host that has not answered by now is one that failed, and so is one
 * that was to be verified again and was not.
 */
export function withUnansweredAsFailed(
  facts: Pick<RolloutFacts, 'plan' | 'progress' | 'decisions'>,
): readonly HostProgress[] {
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
