import type { Step } from '../../model/deployment-records.ts';
import { type BalancerAction, type HostAction, hostActions, type StepAction } from '../../model/statuses.ts';

/** A command to the host itself. */
export type HostStep = Step<HostAction>;

/** The other steps are changes of its place behind the load balancer. */
export function isHostStep(step: Step): step is HostStep {
  return (hostActions as readonly StepAction[]).includes(step.intent.action);
}

export function isBalancerStep(step: Step): step is Step<BalancerAction> {
  return !isHostStep(step);
}
