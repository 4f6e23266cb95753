import {
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  type EC2Client,
  type Filter,
  type NetworkInterface as InterfaceOfEc2,
  type SecurityGroupRule as RuleOfEc2,
} from '@aws-sdk/client-ec2';
import type { NetworkInterface, RulePeer, SecurityGroupRule } from '../../core/network/security-groups.ts';
import type { SecurityGroups } from '../ports.ts';
import { type Call, createCall } from './call.ts';
import { everyPage, inParts } from './pages.ts';

export interface Ec2SecurityGroupsOptions {
  readonly ec2: EC2Client;
  /** Ends the calls of the work at hand. */
  readonly signal: () => AbortSignal | undefined;
  /** All calls of one question together. */
  readonly limitMilliseconds?: number;
}

/** A diagnosis may be less exact; the step that waits for it must not be late. */
const limitMilliseconds = 5000;

/** Values that one filter takes. */
const maxFilterValues = 200;

/**
 * Network interfaces rather than instances: databases, brokers and load balancers of AWS have them too. Both calls know
 * no resources in policies.
 */
export function createEc2SecurityGroups(options: Ec2SecurityGroupsOptions): SecurityGroups {
  const { ec2 } = options;
  return {
    async ends(instanceId, address) {
      const limit = AbortSignal.timeout(options.limitMilliseconds ?? limitMilliseconds);
      const outer = options.signal();
      const both = outer === undefined ? limit : AbortSignal.any([outer, limit]);
      const call = createCall(() => both);
      const addressFilter = address.includes(':') ? 'ipv6-addresses.ipv6-address' : 'addresses.private-ip-address';
      const [here, there] = await Promise.all([
        interfaces(ec2, call, { Name: 'attachment.instance-id', Values: [instanceId] }),
        interfaces(ec2, call, { Name: addressFilter, Values: [address] }),
      ]);
      const rules = await rulesOf(ec2, call, groupIdsOf([...here, ...there]));
      return { here: here.map(interfaceWith(rules)), there: there.map(interfaceWith(rules)) };
    },
  };
}

async function interfaces(ec2: EC2Client, call: Call, filter: Filter): Promise<readonly InterfaceOfEc2[]> {
  const found: InterfaceOfEc2[] = [];
  await everyPage(async (token) => {
    const page = await call('ec2:DescribeNetworkInterfaces', `the network interfaces of ${filter.Values}`, (options) =>
      ec2.send(new DescribeNetworkInterfacesCommand({ Filters: [filter], MaxResults: 1000, ...token }), options),
    );
    found.push(...(page.NetworkInterfaces ?? []));
    return page.NextToken;
  });
  return found;
}

async function rulesOf(ec2: EC2Client, call: Call, groupIds: readonly string[]): Promise<readonly RuleOfEc2[]> {
  const found: RuleOfEc2[] = [];
  for (const part of inParts(groupIds, maxFilterValues)) {
    await everyPage(async (token) => {
      const Filters = [{ Name: 'group-id', Values: [...part] }];
      const page = await call('ec2:DescribeSecurityGroupRules', `the rules of ${part}`, (options) =>
        ec2.send(new DescribeSecurityGroupRulesCommand({ Filters, MaxResults: 1000, ...token }), options),
      );
      found.push(...(page.SecurityGroupRules ?? []));
      return page.NextToken;
    });
  }
  return found;
}

function groupIdsOf(all: readonly InterfaceOfEc2[]): readonly string[] {
  const ids = all.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId = '' }) => (GroupId === '' ? [] : [GroupId])));
  return [...new Set(ids)].sort();
}

function interfaceWith(rules: readonly RuleOfEc2[]): (found: InterfaceOfEc2) => NetworkInterface {
  return ({ NetworkInterfaceId = '', VpcId = '', PrivateIpAddresses, Ipv6Addresses, Attachment, Groups, ...more }) => {
    const listed = [...(PrivateIpAddresses ?? [])]
      .sort((one, other) => Number(other.Primary ?? false) - Number(one.Primary ?? false))
      .map((each) => each.PrivateIpAddress);
    const addresses = [
      ...(listed.length === 0 ? [more.PrivateIpAddress] : listed),
      ...(Ipv6Addresses ?? []).map((each) => each.Ipv6Address),
    ];
    return {
      interfaceId: NetworkInterfaceId,
      vpcId: VpcId,
      addresses: addresses.filter((each) => each !== undefined),
      deviceIndex: Attachment?.DeviceIndex ?? null,
      groups: (Groups ?? []).map(({ GroupId = '', GroupName = '' }) => ({
        groupId: GroupId,
        name: GroupName,
        rules: rules.filter((rule) => rule.GroupId === GroupId).flatMap(ruleOf),
      })),
    };
  };
}

/** A rule whose other end is of a kind that we do not know can't be judged, and is left out. */
function ruleOf(rule: RuleOfEc2): readonly SecurityGroupRule[] {
  const peer = peerOf(rule);
  const { IsEgress = false, IpProtocol = '-1', FromPort = -1, ToPort = -1 } = rule;
  return peer === undefined
    ? []
    : [{ isEgress: IsEgress, protocol: IpProtocol, fromPort: FromPort, toPort: ToPort, peer }];
}

function peerOf({ CidrIpv4, CidrIpv6, ReferencedGroupInfo, PrefixListId }: RuleOfEc2): RulePeer | undefined {
  const cidr = CidrIpv4 ?? CidrIpv6;
  if (cidr !== undefined) {
    return { kind: 'addresses', cidr };
  }
  if (ReferencedGroupInfo?.GroupId !== undefined) {
    return { kind: 'group', groupId: ReferencedGroupInfo.GroupId };
  }
  return PrefixListId === undefined ? undefined : { kind: 'prefixList', prefixListId: PrefixListId };
}
