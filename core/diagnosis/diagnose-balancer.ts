import type { Diagnosis } from '../model/diagnosis.ts';
import type { PlannedBalancer, TargetFacts } from '../model/planned-balancer.ts';
import { finding } from './finding.ts';

/** The load balancer did not come to call the host healthy, in its own words and with what they mostly mean. */
export function targetUnhealthy(balancer: PlannedBalancer, target: TargetFacts | undefined): Diagnosis {
  const { groupName, port, healthySeconds } = balancer;
  const state = target?.state ?? 'not registered';
  const reason = target?.reason == null ? '' : ` (${target.reason}${said(target)})`;
  return finding(
    'target-unhealthy',
    `passed its own gate, but ${groupName} says ${state} after ${healthySeconds} s${reason}`,
    remedyOf(target, port),
  );
}

/** Nothing is ever sent to this target. */
export function groupUnused({ groupName }: PlannedBalancer, hostName: string): Diagnosis {
  return finding(
    'target-group-unusable',
    `${groupName} gets no requests for ${hostName} (Target.NotInUse): no load balancer forwards to it, or not in this zone`,
    "add the group to a listener's rule, enable the host's zone (aws elbv2 set-subnets), and rerun the deployment",
  );
}

/** The group was there when the deployment was planned. */
export function groupGone(balancer: PlannedBalancer): Diagnosis {
  return registrationRefused(balancer, { why: 'no-group', reason: 'it is not there any more' });
}

/** The group is gone, or its role or the instance is refused. */
export function registrationRefused(
  { groupName }: PlannedBalancer,
  refused: { readonly why: 'no-group' | 'denied' | 'invalid-target'; readonly reason: string },
): Diagnosis {
  const remedies = {
    'no-group': 'make the target group again, or correct loadBalancer.targetGroup, and rerun the deployment',
    denied: 'tag the target group as the hosts are tagged (rollgate:<service> = <stage>), and rerun the deployment',
    'invalid-target': 'only running instances of the VPC of the group can be registered: move the host or the group',
  } as const;
  return finding('target-group-unusable', `${groupName} refused: ${refused.reason}`, remedies[refused.why]);
}

/** To take it out would leave the group to targets that ELB calls unhealthy. */
export function lastHealthyTarget({ groupName }: PlannedBalancer, others: readonly TargetFacts[]): Diagnosis {
  const unhealthy = others.map(({ instanceId, state }) => `${instanceId} ${state}`).join(', ');
  return finding(
    'last-healthy-target',
    `it is the last healthy one of ${groupName}, so it was not taken out; the others: ${unhealthy}`,
    'see to the others first (aws elbv2 describe-target-health), or deregister those that are gone, and rerun the deployment',
  );
}

function said({ description }: TargetFacts): string {
  return description === null || description === '' ? '' : `: ${description}`;
}

function remedyOf(target: TargetFacts | undefined, port: number): string {
  switch (target?.reason) {
    case 'Target.Timeout':
      return `let the load balancer's security group in at port ${port} of the hosts', and see whether the health check's path answers in its time`;
    case 'Target.ResponseCodeMismatch':
      return "make the health check of the target group (path, matcher) fit the service's health.path, or the service fit it";
    case 'Target.FailedHealthChecks':
      return `see whether the service listens on port ${port} at the host's own address, and what the health check of the target group asks`;
    case 'Elb.InitialHealthChecking':
    case 'Elb.RegistrationInProgress':
      return "raise loadBalancer.healthySeconds: it must hold several intervals of the target group's health check";
    default:
      return 'look at the target in the console of EC2 (Target groups), then rerun the deployment';
  }
}
