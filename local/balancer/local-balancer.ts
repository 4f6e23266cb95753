import type { LoadBalancer } from '../../clients/ports.ts';
import type { LocalTargetGroup } from './target-group.ts';

export interface LocalBalancerOptions {
  /** `payment-local`: the one group there is. */
  readonly name: string;
  readonly region: string;
  readonly group: LocalTargetGroup;
  /** Before it answers: where there is no time between two health checks but that between two questions. */
  readonly beforeLook?: () => Promise<void>;
}

/** Nobody has this account: whoever sees the ARN sees that it is none of AWS. */
const account = '000000000000';

/** The simulated load balancer of the embedded engine, as a port. Its name says what it is wherever it is shown. */
export function createLocalBalancer({ name, region, group, beforeLook }: LocalBalancerOptions): LoadBalancer {
  const arn = `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${name}/0000000000000000`;
  const gone = { kind: 'refused', why: 'no-group', reason: 'the simulated load balancer has no such group' } as const;
  return {
    async targetGroup(nameOrArn) {
      return nameOrArn === name || nameOrArn === arn
        ? { arn, name: `${name} (simulated load balancer)`, targetType: 'instance', isInUse: true }
        : undefined;
    },
    async targets(groupArn) {
      await beforeLook?.();
      return groupArn === arn ? group.targets() : undefined;
    },
    async register(groupArn, target) {
      if (groupArn !== arn) return gone;
      group.register(target);
      return { kind: 'done' };
    },
    async deregister(groupArn, target) {
      if (groupArn !== arn) return gone;
      group.deregister(target);
      return { kind: 'done' };
    },
  };
}
