import { InvalidDeploymentError } from '../model/errors.ts';
import type { PlannedBalancer, TargetFacts } from '../model/planned-balancer.ts';
import type { ServiceConfig } from '../model/service-config.ts';

export interface BalancerFacts {
  readonly config: { readonly health: Pick<ServiceConfig['health'], 'port'> } & {
    readonly loadBalancer: NonNullable<ServiceConfig['loadBalancer']>;
  };
  readonly stageName: string;
  /** Undefined where there is none of this name. */
  readonly group:
    | {
        readonly arn: string;
        readonly name: string;
        readonly targetType: string;
        readonly isInUse: boolean;
        /** Targets as they are now. */
        readonly targets: readonly TargetFacts[];
      }
    | undefined;
  readonly hosts: readonly { readonly instanceId: string; readonly name: string }[];
}

/** The name or ARN of the target group in one stage. */
export function targetGroupOf(loadBalancer: NonNullable<ServiceConfig['loadBalancer']>, stageName: string): string {
  return loadBalancer.targetGroup.replaceAll('{stage}', stageName);
}

/**
 * The load balancer of a deployment. Throws InvalidDeploymentError with all problems, before anything was touched: the
 * group is not there, has no instances in it, or no load balancer would ever send a request to it.
 */
export function planBalancer({ config, stageName, group, hosts }: BalancerFacts): PlannedBalancer {
  const { loadBalancer, health } = config;
  const at = 'loadBalancer.targetGroup:';
  if (group === undefined) {
    throw new InvalidDeploymentError(
      `${at} there is no target group ${targetGroupOf(loadBalancer, stageName)} in this account and region; make it, or correct the name`,
    );
  }
  const port = loadBalancer.port ?? health.port;
  const unused = hosts.filter(({ instanceId }) =>
    group.targets.some((target) => target.instanceId === instanceId && target.port === port && isNotInUse(target)),
  );
  const problems = [
    ...(group.targetType === 'instance'
      ? []
      : [
          `${at} ${group.name} has targets of type ${group.targetType}; Rollgate registers instances, so make one of type instance`,
        ]),
    ...(group.isInUse
      ? []
      : [`${at} no load balancer forwards to ${group.name}; add it to a listener's rule, or leave the section out`]),
    ...(group.isInUse && unused.length > 0
      ? [
          `${at} ${group.name} gets no requests for ${unused.map(({ name }) => name).join(', ')}: the load balancer is not enabled ` +
            'in the zone of each; enable the zone (elbv2 set-subnets), or move the host',
        ]
      : []),
  ];
  if (problems.length > 0) {
    throw new InvalidDeploymentError(problems);
  }
  const { drainSeconds, healthySeconds } = loadBalancer;
  return { groupArn: group.arn, groupName: group.name, port, drainSeconds, healthySeconds };
}

/** ELB will never ask this target, however long one waits. */
export function isNotInUse({ state, reason }: Pick<TargetFacts, 'state' | 'reason'>): boolean {
  return state === 'unused' && reason === 'Target.NotInUse';
}
