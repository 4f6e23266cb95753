/** Who a rule of a security group lets through, or where to. */
export type RulePeer =
  /** `10.0.0.0/16`, `::/0` */
  | { readonly kind: 'addresses'; readonly cidr: string }
  | { readonly kind: 'group'; readonly groupId: string }
  /** A list of addresses that stands elsewhere: what is in it is not read. */
  | { readonly kind: 'prefixList'; readonly prefixListId: string };

/** One rule, in the flat form of DescribeSecurityGroupRules. */
export interface SecurityGroupRule {
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, a number, or `-1` for all of them. */
  readonly protocol: string;
  /** First and last port, both inclusive; -1 for every port. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly name: string;
  readonly rules: readonly SecurityGroupRule[];
}

/** A network interface, as far as security groups are concerned. What has none of them is filtered by none. */
export interface NetworkInterface {
  readonly interfaceId: string;
  readonly vpcId: string;
  /** Its private IPv4 addresses, the primary one first, then its IPv6 addresses. */
  readonly addresses: readonly string[];
  /** 0 for the primary interface of an instance; null where it is attached to none. */
  readonly deviceIndex: number | null;
  readonly groups: readonly SecurityGroup[];
  /** A record of the embedded stage, which enforces it itself. */
  readonly isSimulated?: boolean;
}

/** Both ends of a connection that is not made. */
export interface ConnectionEnds {
  /** The interfaces of the host that connects. */
  readonly here: readonly NetworkInterface[];
  /** Those that have the address it connects to: none where no interface of the account has it, several where VPCs overlap. */
  readonly there: readonly NetworkInterface[];
}
