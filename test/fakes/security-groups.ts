import type { SecurityGroups } from '../../clients/ports.ts';
import type { ConnectionEnds, NetworkInterface, SecurityGroupRule } from '../../core/network/security-groups.ts';

/** What EC2 says of interfaces and their security groups; of none, where a test has not said otherwise. */
export interface GivenSecurityGroups extends SecurityGroups {
  /** From now on both ends of every connection. */
  givenEnds(ends: ConnectionEnds): void;
  /** `i-0a to 10.0.0.9`, in order. */
  readonly asked: readonly string[];
}

export function createSecurityGroups(): GivenSecurityGroups {
  const asked: string[] = [];
  let ends: ConnectionEnds = { here: [], there: [] };
  return {
    asked,
    givenEnds: (given) => {
      ends = given;
    },
    async ends(instanceId, address) {
      asked.push(`${instanceId} to ${address}`);
      return ends;
    },
  };
}

/** A rule that lets a peer in over TCP. */
export function ingress(peer: SecurityGroupRule['peer'], port: number): SecurityGroupRule {
  return { isEgress: false, protocol: 'tcp', fromPort: port, toPort: port, peer };
}

/** A rule that lets everything out over IPv4, as EC2 makes it for a new group. */
export const everythingOut: SecurityGroupRule = {
  isEgress: true,
  protocol: '-1',
  fromPort: -1,
  toPort: -1,
  peer: { kind: 'addresses', cidr: '0.0.0.0/0' },
};

/** The primary interface of an instance in one VPC, with one group. */
export function interfaceIn(
  group: { readonly groupId: string; readonly name: string },
  address: string,
  rules: readonly SecurityGroupRule[] = [everythingOut],
): NetworkInterface {
  const number = group.groupId.replace(/^sg-/, '');
  return {
    interfaceId: `eni-${number}`,
    vpcId: 'vpc-1',
    addresses: [address],
    deviceIndex: 0,
    groups: [{ ...group, rules }],
  };
}

/** A host of the group `payment` and a cart whose group lets it in on these ports. */
export function endsOf(hostAddress: string, cartAddress: string, ...ports: readonly number[]): ConnectionEnds {
  const host = { groupId: 'sg-0a', name: 'payment' };
  const cart = { groupId: 'sg-0c', name: 'cart' };
  const lets = ports.map((port) => ingress({ kind: 'group', groupId: host.groupId }, port));
  return {
    here: [interfaceIn(host, hostAddress)],
    there: [interfaceIn(cart, cartAddress, [...lets, everythingOut])],
  };
}
