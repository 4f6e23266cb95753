import type { HostAction } from '../statuses.ts';
import { failureOf } from './evaluate-outcome.ts';
import { landedBefore } from './host-progress.ts';
import { isPaused } from './is-paused.ts';
import type { RolloutFacts } from './rollout-facts.ts';
import { switchOfHost } from './switch-of-host.ts';

/**
 * Whether this host must not be switched now, although its wave or revert has begun: the rollout has a reason to turn
 * back, the operator has said pause, or too many hosts are down. The next decision says what follows.
 */
export function holdsBack(
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
        switchOfHost(facts, step.instanceId, 'activate', queue).kind !== 'go'
      );
    case 'revert':
      return switchOfHost(facts, step.instanceId, 'revert', queue).kind !== 'go';
    default:
      return false;
  }
}
