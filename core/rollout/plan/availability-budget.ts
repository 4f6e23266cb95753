import type { RolloutFacts } from '../../model/rollout-facts.ts';
import { isServingRelease } from '../progress/host-standing.ts';
import { isLastServing } from './last-serving.ts';
import { type Activation, mayActivate } from './may-activate.ts';
import { downInBudget, downOutside, failedInBudget } from './way-back.ts';

/** Names for the hosts outside the plan that are down: they are counted, never addressed. */
function downElsewhere(facts: RolloutFacts): string[] {
  return Array.from({ length: downOutside(facts) }, (_, index) => `outside the plan ${index + 1}`);
}

/**
 * Whether one more host may go down now, to be activated or to be put back. `queue` are the hosts of the running wave
 * or revert, in its order: those before this one count as on their way down even where the ledger does not show it yet,
 * so that two hosts that ask in the same moment never both take the last place.
 */
export function activationOf(
  facts: RolloutFacts,
  instanceId: string,
  kind: 'activate' | 'revert',
  queue: readonly string[],
): Activation {
  const { policy } = facts.plan;
  const before = new Set(queue.slice(0, Math.max(0, queue.indexOf(instanceId))));
  const isOnItsWay = (host: RolloutFacts['progress'][number]): boolean =>
    host.run === 'activating' ||
    (before.has(host.host.instanceId) &&
      (kind === 'activate' ? host.run === 'untouched' && !host.isRefused && !host.isSkipped : isServingRelease(host)));
  const ids = (hosts: RolloutFacts['progress']): string[] => hosts.map((host) => host.host.instanceId);
  return mayActivate({
    instanceId,
    downHosts: [...ids(downInBudget(facts)), ...downElsewhere(facts)],
    activatingHosts: ids(facts.progress.filter(isOnItsWay)),
    failedHosts: kind === 'activate' ? ids(failedInBudget(facts)) : [],
    isLastServing: kind === 'activate' && isLastServing(facts, instanceId),
    maxUnavailable: policy.maxUnavailable,
    maxFailedHosts: policy.maxFailedHosts,
  });
}
