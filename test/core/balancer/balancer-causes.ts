import {
  groupGone,
  groupUnused,
  lastHealthyTarget,
  targetUnhealthy,
} from '../../../core/diagnosis/diagnose-balancer.ts';
import type { PlannedBalancer } from '../../../core/model/planned-balancer.ts';

export const balancer: PlannedBalancer = {
  groupArn: 'arn:group',
  groupName: 'payment-prod',
  port: 8080,
  drainSeconds: 300,
  healthySeconds: 120,
};

/** Causes that no host reports: the load balancer says them. */
export const balancerCauses = [
  targetUnhealthy(balancer, undefined),
  groupUnused(balancer, 'payment-1'),
  groupGone(balancer),
  lastHealthyTarget(balancer, []),
].map(({ cause }) => cause);
