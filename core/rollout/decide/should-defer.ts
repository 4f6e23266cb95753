import type { RolloutFacts } from '../../model/rollout-facts.ts';
import type { HostAction } from '../../model/statuses.ts';
import { failureOf } from '../outcome/evaluate-outcome.ts';
import { activationOf } from '../plan/availability-budget.ts';
import { landedBefore } from '../progress/with-unanswered-as-failed.ts';
import { isPaused } from './is-paused.ts';

/**
 * Whether this host must not be switched now, although its wave or revert has begun: the rollout has a reason to turn
 * back, the operator has said pause, or too many hosts are down. The next decision says what follows.
 */
export function shouldDefer(
  read: RolloutFacts,
  step: {
    readonly instanceId: string;
    readonly action: HostAction;
    readonly round: number;
    /** Its command was sent before, or may have been: what came of that is not held against it. */
    readonly isSentAgain?: boolean;
  },
): boolean {
  const decision = read.decisions.find((each) => each.round === step.round)?.decision;
  const progress = landedBefore(read.progress, decision).map((host) =>
    step.isSentAgain && step.action === 'activate' && host.host.instanceId === step.instanceId
      ? { ...host, run: 'activating' as const, isRefused: false }
      : host,
  );
  const facts = { ...read, progress };
  const queue = decision !== undefined && 'hosts' in decision ? decision.hosts : [];
  switch (step.action) {
    case 'activate':
      return (
        failureOf(facts) !== null ||
        isPaused(facts.controls) ||
        facts.progress.some((host) => host.host.instanceId === step.instanceId && host.isSkipped) ||
        activationOf(facts, step.instanceId, 'activate', queue).kind !== 'go'
      );
    case 'revert':
      return activationOf(facts, step.instanceId, 'revert', queue).kind !== 'go';
    default:
      return false;
  }
}
