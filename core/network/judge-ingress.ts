import { holdsAddress, ipVersion } from './address-ranges.ts';
import type { ConnectionEnds, NetworkInterface, RulePeer, SecurityGroup } from './security-groups.ts';

/** A connection over TCP that is not made, and what stands at both ends of it. */
export interface IngressFacts {
  readonly ends: ConnectionEnds;
  /** The address that was connected to. */
  readonly address: string;
  readonly port: number;
}

/** A security group as a person knows it. */
export interface NamedGroup {
  readonly groupId: string;
  readonly name: string;
}

/** What the security groups have to do with a connection that is not made. */
export type IngressVerdict =
  /** No rule of the upstream's groups lets the host in: the one cause that is most often it. */
  | {
      readonly kind: 'ingress-missing';
      readonly group: NamedGroup;
      /** The host's group, or its address where the host stands in another VPC or has no group. */
      readonly source: NamedGroup | string;
      /** Adds the rule. */
      readonly command: string;
      readonly isSimulated: boolean;
    }
  /** The upstream would let it in, and no rule of the host's own groups lets it out. */
  | {
      readonly kind: 'egress-missing';
      readonly group: NamedGroup;
      readonly target: NamedGroup | string;
      readonly command: string;
      readonly isSimulated: boolean;
    }
  /** Rules name prefix lists, which are not read: they may hold the address or not. */
  | { readonly kind: 'perhaps'; readonly direction: 'in' | 'out'; readonly prefixListIds: readonly string[] }
  /** Rules of both ends let it through: look elsewhere. */
  | { readonly kind: 'open'; readonly group: NamedGroup | null }
  /** No interface of this account has the address. */
  | { readonly kind: 'nobody' }
  /** Several interfaces have it, in VPCs of which none is the host's. */
  | { readonly kind: 'ambiguous'; readonly vpcIds: readonly string[] }
  /** EC2 shows no interface of the host itself. */
  | { readonly kind: 'host-unknown' };

/** The verdict, or why there is none: the diagnosis then says what it would say of any silence. */
export type ReadIngress = IngressVerdict | { readonly kind: 'unread'; readonly why: string };

/** One end, as the rules of the other one see it. */
interface Peer {
  readonly addresses: readonly string[];
  readonly groupIds: readonly string[];
}

type Passage =
  | { readonly kind: 'yes' | 'no' }
  | { readonly kind: 'perhaps'; readonly prefixListIds: readonly string[] };

/**
 * Whether a missing rule of a security group explains that a connection times out. Security groups are stateful: an
 * ingress rule at the upstream and an egress rule at the host are all it takes. An end without any group is not filtered.
 */
export function judgeIngress({ ends, address, port }: IngressFacts): IngressVerdict {
  const pair = choosePair(ends);
  if ('kind' in pair) {
    return pair;
  }
  const { here, there } = pair;
  const version = ipVersion(address);
  const source: Peer = {
    addresses: here.addresses.filter((each) => ipVersion(each) === version),
    groupIds: here.groups.map((group) => group.groupId),
  };
  const isSameVpc = here.vpcId === there.vpcId;
  const isSimulated = here.isSimulated === true && there.isSimulated === true;
  const inward = passage(there.groups, false, source, port);
  const group = groupFor(there.groups, false, port);
  if (inward.kind === 'no' && group !== undefined) {
    const from = otherEnd(isSameVpc ? ownGroup(here.groups) : undefined, source.addresses[0] ?? '');
    return {
      kind: 'ingress-missing',
      group,
      source: from,
      command: command('ingress', group, from, port),
      isSimulated,
    };
  }
  const target: Peer = { addresses: [address], groupIds: there.groups.map((each) => each.groupId) };
  const outward = passage(here.groups, true, target, port);
  const own = groupFor(here.groups, true, port);
  if (outward.kind === 'no' && own !== undefined) {
    const to = otherEnd(isSameVpc ? group : undefined, address);
    return { kind: 'egress-missing', group: own, target: to, command: command('egress', own, to, port), isSimulated };
  }
  if (inward.kind === 'perhaps') {
    return { kind: 'perhaps', direction: 'in', prefixListIds: inward.prefixListIds };
  }
  if (outward.kind === 'perhaps') {
    return { kind: 'perhaps', direction: 'out', prefixListIds: outward.prefixListIds };
  }
  return { kind: 'open', group: group ?? null };
}

/** Addresses are private ones, so VPCs may share them: the interface in a VPC of the host is meant, else the only one. */
function choosePair({
  here,
  there,
}: ConnectionEnds):
  | { readonly here: NetworkInterface; readonly there: NetworkInterface }
  | Extract<IngressVerdict, { readonly kind: 'nobody' | 'ambiguous' | 'host-unknown' }> {
  const [first, ...others] = there;
  if (first === undefined) {
    return { kind: 'nobody' };
  }
  const primary = here.find((each) => each.deviceIndex === 0) ?? here[0];
  if (primary === undefined) {
    return { kind: 'host-unknown' };
  }
  const near = there.find((each) => here.some((own) => own.vpcId === each.vpcId));
  if (near === undefined && others.length > 0) {
    return { kind: 'ambiguous', vpcIds: [...new Set(there.map((each) => each.vpcId))].sort() };
  }
  const found = near ?? first;
  const inItsVpc = here.filter((own) => own.vpcId === found.vpcId);
  return { here: inItsVpc.find((own) => own.deviceIndex === 0) ?? inItsVpc[0] ?? primary, there: found };
}

/** Rules only allow, and those of all groups of an interface count as one list. */
function passage(groups: readonly SecurityGroup[], isEgress: boolean, peer: Peer, port: number): Passage {
  if (groups.length === 0) {
    return { kind: 'yes' };
  }
  const rules = groups.flatMap((group) => group.rules).filter((rule) => isForPort(rule, isEgress, port));
  if (rules.some((rule) => holdsPeer(rule.peer, peer))) {
    return { kind: 'yes' };
  }
  const lists = rules.flatMap(({ peer: each }) => (each.kind === 'prefixList' ? [each.prefixListId] : []));
  return lists.length === 0 ? { kind: 'no' } : { kind: 'perhaps', prefixListIds: [...new Set(lists)].sort() };
}

function isForPort(rule: SecurityGroup['rules'][number], isEgress: boolean, port: number): boolean {
  const isTcp = ['-1', 'tcp', '6'].includes(rule.protocol);
  const isEveryPort = rule.protocol === '-1' || rule.fromPort === -1;
  return rule.isEgress === isEgress && isTcp && (isEveryPort || (rule.fromPort <= port && port <= rule.toPort));
}

function holdsPeer(peer: RulePeer, end: Peer): boolean {
  switch (peer.kind) {
    case 'addresses':
      return end.addresses.some((address) => holdsAddress(peer.cidr, address));
    case 'group':
      return end.groupIds.includes(peer.groupId);
    case 'prefixList':
      return false;
  }
}

/** The group to add a rule to: one that has rules for this port already, else one of its own rather than the default. */
function groupFor(groups: readonly SecurityGroup[], isEgress: boolean, port: number): NamedGroup | undefined {
  const found = groups.find((group) => group.rules.some((rule) => isForPort(rule, isEgress, port))) ?? ownGroup(groups);
  return found === undefined ? undefined : { groupId: found.groupId, name: found.name };
}

function ownGroup(groups: readonly SecurityGroup[]): SecurityGroup | undefined {
  return groups.find((group) => group.name !== 'default') ?? groups[0];
}

/** Groups of another VPC can be named only over a peering in the same region: an address always works. */
function otherEnd(group: NamedGroup | undefined, address: string): NamedGroup | string {
  return group === undefined ? address : { groupId: group.groupId, name: group.name };
}

function command(kind: 'ingress' | 'egress', group: NamedGroup, other: NamedGroup | string, port: number): string {
  const start = `aws ec2 authorize-security-group-${kind} --group-id ${group.groupId}`;
  const isPlain = kind === 'ingress' && (typeof other !== 'string' || ipVersion(other) === 4);
  if (isPlain) {
    const source = typeof other === 'string' ? `--cidr ${other}/32` : `--source-group ${other.groupId}`;
    return `${start} --protocol tcp --port ${port} ${source}`;
  }
  // Egress rules to a group, and all rules of IPv6, have no short form in the AWS CLI.
  return `${start} --ip-permissions 'IpProtocol=tcp,FromPort=${port},ToPort=${port},${permissionFor(other)}'`;
}

function permissionFor(other: NamedGroup | string): string {
  if (typeof other !== 'string') {
    return `UserIdGroupPairs=[{GroupId=${other.groupId}}]`;
  }
  return ipVersion(other) === 6 ? `Ipv6Ranges=[{CidrIpv6=${other}/128}]` : `IpRanges=[{CidrIp=${other}/32}]`;
}
