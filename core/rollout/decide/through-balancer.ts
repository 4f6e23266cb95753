import type { HostProgress } from '../../model/host-progress.ts';
import type { Decision, RolloutFacts } from '../../model/rollout-facts.ts';
import { maxHostsAtOnce } from '../plan/event-budget.ts';
import { maxMapConcurrency } from '../plan/plan-waves.ts';
import { needsDrain, owesJoin } from '../progress/balancer-standing.ts';

/**
 * The decision with what the load balancer needs before it. Hosts that are well and outside come back first, before the
 * rollout waits, ends or takes others down; hosts that are to be switched leave first, as many as may be down at once,
 * and are then switched together. Without a load balancer the decision stands as it is.
 */
export function throughBalancer(facts: RolloutFacts, decision: Decision): Decision {
  if (facts.plan.loadBalancer === undefined) {
    return decision;
  }
  const isSwitch = decision.kind === 'wave' || decision.kind === 'revert';
  const limit = isSwitch ? Math.min(decision.maxConcurrency, maxHostsAtOnce(facts.plan)) : 0;
  const batch = isSwitch ? decision.hosts.slice(0, limit) : [];
  const owed = facts.progress.filter((host) => owesJoin(host) && !batch.includes(host.host.instanceId));
  if (owed.length > 0) {
    return atOnce('join', idsOf(owed).slice(0, maxHostsAtOnce(facts.plan)));
  }
  // Where it can't be taken out, putting it back matters more than the requests that are cut.
  const isAsked = (host: HostProgress): boolean => needsDrain(host) && !host.givenUp.includes('drain');
  const inside = facts.progress.filter((host) => batch.includes(host.host.instanceId) && isAsked(host));
  if (inside.length > 0) {
    return atOnce('drain', idsOf(inside));
  }
  return isSwitch ? { ...decision, hosts: batch, maxConcurrency: Math.max(1, limit) } : decision;
}

function atOnce(kind: 'drain' | 'join', hosts: readonly string[]): Decision {
  return { kind, hosts, maxConcurrency: Math.min(maxMapConcurrency, hosts.length) };
}

function idsOf(hosts: RolloutFacts['progress']): readonly string[] {
  return hosts.map((host) => host.host.instanceId);
}
