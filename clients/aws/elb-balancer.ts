import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LoadBalancer, RegistrationResult, Target } from '../ports.ts';
import { isDenied, nameOf } from './aws-errors.ts';
import type { Call, CallOptions } from './call.ts';

export interface ElbBalancerOptions {
  readonly elb: ElasticLoadBalancingV2Client;
  readonly call: Call;
}

const noGroup: readonly string[] = ['TargetGroupNotFound', 'TargetGroupNotFoundException'];
const invalidTarget: readonly string[] = ['InvalidTarget', 'InvalidTargetException'];

/** The target groups of Elastic Load Balancing. Reads know no resources in policies; both writes name the group. */
export function createElbBalancer({ elb, call }: ElbBalancerOptions): LoadBalancer {
  return {
    async targetGroup(nameOrArn) {
      const input = nameOrArn.startsWith('arn:') ? { TargetGroupArns: [nameOrArn] } : { Names: [nameOrArn] };
      const found = await unlessGone(() =>
        call('elasticloadbalancing:DescribeTargetGroups', nameOrArn, (options) =>
          elb.send(new DescribeTargetGroupsCommand(input), options),
        ),
      );
      const [group] = found?.TargetGroups ?? [];
      return group === undefined
        ? undefined
        : {
            arn: group.TargetGroupArn ?? '',
            name: group.TargetGroupName ?? nameOrArn,
            targetType: group.TargetType ?? 'instance',
            isInUse: (group.LoadBalancerArns ?? []).length > 0,
          };
    },
    async targets(groupArn) {
      const found = await unlessGone(() =>
        call('elasticloadbalancing:DescribeTargetHealth', groupArn, (options) =>
          elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }), options),
        ),
      );
      return found?.TargetHealthDescriptions?.map(({ Target: target, TargetHealth: health }) => ({
        instanceId: target?.Id ?? '',
        port: target?.Port ?? 0,
        state: health?.State ?? 'unavailable',
        reason: health?.Reason ?? null,
        description: health?.Description ?? null,
      }));
    },
    register: (groupArn, target) =>
      change('elasticloadbalancing:RegisterTargets', groupArn, (options) =>
        elb.send(new RegisterTargetsCommand(inputOf(groupArn, target)), options),
      ),
    async deregister(groupArn, target) {
      const result = await change('elasticloadbalancing:DeregisterTargets', groupArn, (options) =>
        elb.send(new DeregisterTargetsCommand(inputOf(groupArn, target)), options),
      );
      return result.kind === 'refused' && result.why === 'invalid-target' ? { kind: 'done' } : result;
    },
  };

  async function change(
    action: string,
    groupArn: string,
    send: (options: CallOptions) => Promise<unknown>,
  ): Promise<RegistrationResult> {
    try {
      await call(action, groupArn, send);
      return { kind: 'done' };
    } catch (error) {
      const why = whyRefused(error);
      if (why === undefined) {
        throw error;
      }
      return { kind: 'refused', why, reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

function inputOf(groupArn: string, { instanceId, port }: Target) {
  return { TargetGroupArn: groupArn, Targets: [{ Id: instanceId, Port: port }] };
}

function whyRefused(error: unknown): Extract<RegistrationResult, { readonly kind: 'refused' }>['why'] | undefined {
  if (isDenied(error)) {
    return 'denied';
  }
  if (noGroup.includes(nameOf(error))) {
    return 'no-group';
  }
  return invalidTarget.includes(nameOf(error)) ? 'invalid-target' : undefined;
}

async function unlessGone<Output>(read: () => Promise<Output>): Promise<Output | undefined> {
  try {
    return await read();
  } catch (error) {
    if (noGroup.includes(nameOf(error))) {
      return undefined;
    }
    throw error;
  }
}
