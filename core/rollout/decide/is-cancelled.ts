import type { RecordedDecision, RolloutFacts } from '../../model/rollout-facts.ts';
import type { BalancerAction } from '../../model/statuses.ts';
import { isPaused } from './is-paused.ts';

/**
 * Whether an operator has said something after which a host need not wait any longer for its load balancer: a halt or
 * a pause while it leaves to be activated (it comes back at once), a halt that reverts while it joins (it leaves again).
 * On the way back nothing is called off.
 */
export function isCancelled(
  action: BalancerAction,
  decision: Pick<RecordedDecision, 'failure'> | undefined,
  controls: RolloutFacts['controls'],
): boolean {
  if (decision?.failure !== undefined) {
    return false;
  }
  const { halt } = controls;
  return action === 'drain' ? halt !== null || isPaused(controls) : halt !== null && !(halt.isKept ?? false);
}
