import { type Reason, reason } from '../../model/reasons.ts';
import { releaseName } from '../../model/release-manifest.ts';
import type { Failure, RolloutFacts } from '../../model/rollout-facts.ts';
import { activationOf } from '../plan/availability-budget.ts';
import { downInBudget, downOutside } from '../plan/way-back.ts';
import { owesJoin } from '../progress/balancer-standing.ts';

/** No host of the wave may go down, and nothing that runs brings one back: waiting would change nothing. */
export function blockOf(facts: RolloutFacts, hosts: readonly string[]): Failure | null {
  const answers = hosts.map((id) => ({ id, activation: activationOf(facts, id, 'activate', []) }));
  // A host that is well and outside its load balancer comes back first, and makes room.
  if (facts.progress.some(owesJoin) || answers.some(({ activation }) => activation.kind === 'go')) {
    return null;
  }
  const last = answers.find(({ activation }) => activation.kind === 'stop' && activation.why === 'last-serving-host');
  const why = last === undefined ? tooManyDown(facts) : lastServing(facts, last.id);
  return { reason: why, errorName: 'GateFailedError', keepsHosts: false };
}

function tooManyDown(facts: RolloutFacts): Reason {
  const { plan } = facts;
  const inside = downInBudget(facts).map((each) => each.host.name);
  // Older plans count the hosts outside and do not name them.
  const outside = Array.from(
    { length: downOutside(facts) },
    (_, index) => plan.downElsewhereNames?.[index] ?? 'a host outside the plan',
  );
  const down = [...inside, ...outside];
  return reason('too-many-down', { down, limit: plan.policy.maxUnavailable });
}

function lastServing({ progress, admitted }: RolloutFacts, instanceId: string): Reason {
  const host = progress.find((each) => each.host.instanceId === instanceId)?.host.name ?? instanceId;
  return reason('last-serving-host', { host, instanceId, release: releaseName(admitted.release.number) });
}
