import type { RolloutFacts } from '../../model/rollout-facts.ts';
import { isDown } from '../progress/host-standing.ts';

type Facts = Pick<RolloutFacts, 'admitted' | 'plan' | 'progress'>;

/**
 * Whether activating this host takes down the only host of the target that can be reached and serves. A deployment does
 * so only where the target is that one host or a person named it; a rollback goes on, since what serves is what it leaves.
 * A host on its way up counts as serving: how many go at once is `maxUnavailable`.
 */
export function isLastServing({ admitted, plan, progress }: Facts, instanceId: string): boolean {
  const isMeant = admitted.isRollback || (plan.targetHosts ?? 1) < 2 || plan.namedHosts?.includes(instanceId) === true;
  const own = progress.find((host) => host.host.instanceId === instanceId);
  if (isMeant || own?.run !== 'untouched' || isDown(own)) {
    return false;
  }
  return (plan.servingElsewhere ?? 0) === 0 && !progress.some((host) => host !== own && !isDown(host));
}

/**
 * How many hosts may be activated at once where some of the target can't be reached and do not count as down: one that
 * serves always stays up. At least 1: `isLastServing` holds that one back. No limit in a rollback, and where every host
 * of the target counts.
 */
export function maxBesideUncounted({ admitted, plan, progress }: Facts): number {
  const elsewhere = plan.servingElsewhere ?? 0;
  const counted = plan.hosts.length + elsewhere + plan.downElsewhere;
  if (admitted.isRollback || (plan.targetHosts ?? counted) <= counted) {
    return Number.POSITIVE_INFINITY;
  }
  const serving = progress.filter((host) => !isDown(host)).length + elsewhere;
  return Math.max(1, serving - 1);
}
