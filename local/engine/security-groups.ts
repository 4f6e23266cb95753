import type { SecurityGroups } from '../../clients/ports.ts';
import type { NetworkInterface, SecurityGroup, SecurityGroupRule } from '../../core/network/security-groups.ts';
import { brokerPort } from '../upstreams/broker.ts';
import { shopPort } from '../upstreams/provision-upstreams.ts';
import type { LocalTarget } from './local-target.ts';

/** An upstream of the local stage by the name of its instance: `cart`, `user`, `rabbitmq`. */
type UpstreamName = 'cart' | 'user' | 'rabbitmq';

/**
 * The security groups of the local stage: simulated records, one group for the hosts and one for each upstream. What they
 * say is enforced where the hosts are booted ones: packets that no rule lets in vanish, as on EC2.
 */
export interface LocalSecurityGroups extends SecurityGroups {
  /** Takes away the one rule that lets the hosts reach the upstream: `aws ec2 revoke-security-group-ingress`. */
  revokeIngress(upstream: UpstreamName): Promise<void>;
  /** Puts it back: `aws ec2 authorize-security-group-ingress`. */
  authorizeIngress(upstream: UpstreamName): Promise<void>;
}

const vpcId = 'vpc-0000000000000c0de';
const hostGroupId = 'sg-0000000000000a000';

/** Port and group of each upstream. */
const upstreams: Readonly<Record<UpstreamName, { readonly groupId: string; readonly port: number }>> = {
  cart: { groupId: 'sg-0000000000000b001', port: shopPort },
  user: { groupId: 'sg-0000000000000b002', port: shopPort },
  rabbitmq: { groupId: 'sg-0000000000000b003', port: brokerPort },
};

const everywhere: SecurityGroupRule = {
  isEgress: true,
  protocol: '-1',
  fromPort: -1,
  toPort: -1,
  peer: { kind: 'addresses', cidr: '0.0.0.0/0' },
};

/** Every rule is there at first. */
export function createLocalSecurityGroups(target: Pick<LocalTarget, 'entries' | 'dropPackets'>): LocalSecurityGroups {
  const closed = new Set<UpstreamName>();

  function groupOf(name: string): SecurityGroup {
    if (!isUpstream(name)) {
      return { groupId: hostGroupId, name: 'payment', rules: [everywhere] };
    }
    const { groupId, port } = upstreams[name];
    const peer = { kind: 'group', groupId: hostGroupId } as const;
    const ingress = { isEgress: false, protocol: 'tcp', fromPort: port, toPort: port, peer };
    return { groupId, name, rules: closed.has(name) ? [everywhere] : [ingress, everywhere] };
  }

  function interfaceOf({ instance, privateAddress }: LocalTarget['entries'][number]): NetworkInterface {
    return {
      interfaceId: instance.instanceId.replace(/^i-/, 'eni-'),
      vpcId,
      addresses: [privateAddress],
      deviceIndex: 0,
      groups: [groupOf(instance.name)],
      isSimulated: true,
    };
  }

  async function set(upstream: UpstreamName, isClosed: boolean): Promise<void> {
    const address = target.entries.find((entry) => entry.instance.name === upstream)?.privateAddress;
    if (target.dropPackets === undefined || address === undefined) {
      throw new Error(`the hosts are simulated: there is no network in which ${upstream} could be closed`);
    }
    if (closed.has(upstream) === isClosed) return;
    await target.dropPackets(address, upstreams[upstream].port, isClosed);
    if (isClosed) closed.add(upstream);
    else closed.delete(upstream);
  }

  return {
    async ends(instanceId, address) {
      return {
        here: target.entries.filter(({ instance }) => instance.instanceId === instanceId).map(interfaceOf),
        there: target.entries.filter(({ privateAddress }) => privateAddress === address).map(interfaceOf),
      };
    },
    revokeIngress: (upstream) => set(upstream, true),
    authorizeIngress: (upstream) => set(upstream, false),
  };
}

function isUpstream(name: string): name is UpstreamName {
  return Object.hasOwn(upstreams, name);
}
