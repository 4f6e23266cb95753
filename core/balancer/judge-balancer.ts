import { groupUnused, lastHealthyTarget, targetUnhealthy } from '../diagnosis/diagnose-balancer.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import type { PlannedBalancer, TargetFacts } from '../model/planned-balancer.ts';
import { isNotInUse } from './plan-balancer.ts';

/** Looks in a row, a heartbeat apart, that must find a host healthy: ELB calls a new target so after one good answer. */
const healthyLooks = 3;

/** One look at the target group on behalf of one host that leaves or joins it. */
export interface BalancerLook {
  readonly balancer: PlannedBalancer;
  readonly instanceId: string;
  readonly hostName: string;
  /** All of the group, hosts of others included. */
  readonly targets: readonly TargetFacts[];
  readonly nowMilliseconds: number;
  /** Of the ledger's intent. */
  readonly deadlineMilliseconds: number;
  /** This look has registered or deregistered the host already. */
  readonly hasChanged: boolean;
  /** Looks before this one that found the host healthy, one after another. */
  readonly healthyLooks: number;
  /** An operator has said something after which this host is not needed where it is going. */
  readonly isCancelled: boolean;
}

export type BalancerVerdict =
  /** Deregister (or register) the host, then look again. */
  | { readonly kind: 'change' }
  | { readonly kind: 'wait'; readonly healthyLooks: number }
  | {
      readonly kind: 'ended';
      readonly status: 'done' | 'failed';
      /** What is worth knowing of a success. */
      readonly note: string | null;
      readonly diagnosis: Diagnosis | null;
    };

/**
 * How far a host is on its way out. Connections that are still open at the deadline do not keep the rollout waiting: ELB
 * cuts them at its own deregistration delay, and the service finishes its requests within `unit.stopSeconds`.
 *
 * | the host   | the others          | is late | answer                     |
 * |------------|---------------------|---------|----------------------------|
 * |            | healthy             | no      | done                       |
 * | unused     | healthy             | no      | done                       |
 * | healthy    | unhealthy, healthy  | no      | deregister                 |
 * | healthy    | healthy             | yes     | deregister                 |
 * | healthy    |                     | no      | deregister                 |
 * | healthy    | unhealthy, draining | no      | wait                       |
 * | healthy    | unhealthy, initial  | yes     | failed last-healthy-target |
 * | unhealthy  | unhealthy           | no      | deregister                 |
 * | initial    | healthy             | no      | deregister                 |
 * | draining   | healthy             | no      | wait                       |
 * | draining   | healthy             | yes     | done                       |
 */
export function judgeDrain(look: BalancerLook): BalancerVerdict {
  const { targets, instanceId, balancer } = look;
  const own = ownTarget(look);
  if (own === undefined || (own.state === 'unused' && own.reason !== 'Target.NotInUse')) {
    return ended('done');
  }
  const isLate = look.nowMilliseconds > look.deadlineMilliseconds;
  if (look.isCancelled) {
    return ended('done', 'called off by an operator');
  }
  if (own.state.endsWith('draining') || look.hasChanged) {
    return isLate
      ? ended('done', `still draining after ${balancer.drainSeconds} s: went on, and its connections are cut`)
      : { kind: 'wait', healthyLooks: 0 };
  }
  const others = targets.filter((target) => target.instanceId !== instanceId);
  const isLast = own.state === 'healthy' && others.length > 0 && !others.some(({ state }) => state === 'healthy');
  if (!isLast) {
    return { kind: 'change' };
  }
  return isLate
    ? { kind: 'ended', status: 'failed', note: null, diagnosis: lastHealthyTarget(balancer, others) }
    : { kind: 'wait', healthyLooks: 0 };
}

/**
 * How far a host is on its way in. Whoever took it out once more meanwhile (a zombie, a person) is answered by
 * registering it again, until the deadline.
 *
 * | the host   | healthy before | is late | answer                  |
 * |------------|---------------:|---------|-------------------------|
 * |            |              0 | no      | register                |
 * | draining   |              0 | no      | register                |
 * | initial    |              0 | no      | wait 0                  |
 * | unhealthy  |              2 | no      | wait 0                  |
 * | healthy    |              0 | no      | wait 1                  |
 * | healthy    |              1 | yes     | wait 2                  |
 * | healthy    |              2 | no      | done                    |
 * | unhealthy  |              2 | yes     | failed target-unhealthy |
 * |            |              0 | yes     | failed target-unhealthy |
 */
export function judgeJoin(look: BalancerLook): BalancerVerdict {
  const own = ownTarget(look);
  if (own !== undefined && isNotInUse(own)) {
    return { kind: 'ended', status: 'failed', note: null, diagnosis: groupUnused(look.balancer, look.hostName) };
  }
  if (own?.state === 'healthy') {
    const seen = look.healthyLooks + 1;
    return seen >= healthyLooks ? ended('done') : { kind: 'wait', healthyLooks: seen };
  }
  const isAway = own === undefined || own.reason === 'Target.NotRegistered' || own.state.endsWith('draining');
  const isLate = look.nowMilliseconds > look.deadlineMilliseconds;
  if (isAway && !look.hasChanged && !isLate) {
    return { kind: 'change' };
  }
  // Registered it is in any case: nobody who is well stays outside for a word of an operator.
  if (look.isCancelled) {
    return ended('done', 'called off by an operator');
  }
  return isLate
    ? { kind: 'ended', status: 'failed', note: null, diagnosis: targetUnhealthy(look.balancer, own) }
    : { kind: 'wait', healthyLooks: 0 };
}

function ownTarget({ targets, instanceId, balancer }: BalancerLook): TargetFacts | undefined {
  return targets.find((target) => target.instanceId === instanceId && target.port === balancer.port);
}

function ended(status: 'done', note: string | null = null): BalancerVerdict {
  return { kind: 'ended', status, note, diagnosis: null };
}
