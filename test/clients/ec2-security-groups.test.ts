import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createEc2SecurityGroups } from '../../clients/aws/ec2-security-groups.ts';
import { type Answer, givenAws, type Request, xml } from './aws-endpoint.ts';

const interfaces = (items: string, next = ''): Answer =>
  xml(
    `<DescribeNetworkInterfacesResponse><networkInterfaceSet>${items}</networkInterfaceSet><nextToken>${next}</nextToken></DescribeNetworkInterfacesResponse>`,
  );

const rules = (items: string, next = ''): Answer =>
  xml(
    `<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>${items}</securityGroupRuleSet><nextToken>${next}</nextToken></DescribeSecurityGroupRulesResponse>`,
  );

function interfaceXml(id: string, group: string, addresses: readonly string[], more = ''): string {
  const listed = addresses.map(
    (address, index) =>
      `<item><privateIpAddress>${address}</privateIpAddress><primary>${index === addresses.length - 1}</primary></item>`,
  );
  return (
    `<item><networkInterfaceId>${id}</networkInterfaceId><vpcId>vpc-1</vpcId>` +
    `<groupSet><item><groupId>${group}</groupId><groupName>group ${group}</groupName></item></groupSet>` +
    `<privateIpAddressesSet>${listed.join('')}</privateIpAddressesSet>${more}</item>`
  );
}

const ruleXml = (group: string, isEgress: boolean, protocol: string, ports: string, peer: string): string =>
  `<item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>${group}</groupId><isEgress>${isEgress}</isEgress>` +
  `<ipProtocol>${protocol}</ipProtocol>${ports}${peer}</item>`;

const port8080 = '<fromPort>8080</fromPort><toPort>8080</toPort>';
const attached = '<attachment><deviceIndex>0</deviceIndex></attachment>';

/** The filters of a request: `attachment.instance-id=i-0a`. */
function filtersOf({ body }: Request): readonly string[] {
  const query = new URLSearchParams(body);
  return [...query.entries()].flatMap(([name, value]) => {
    const number = /^Filter\.(\d+)\.Name$/.exec(name)?.[1];
    const values = [...query.entries()].filter(([key]) => key.startsWith(`Filter.${number}.Value.`));
    return number === undefined ? [] : [`${value}=${values.map(([, each]) => each).join(',')}`];
  });
}

test('both ends are told with every kind of rule, whatever the interface belongs to', async () => {
  const { aws, ports } = await givenAws();
  aws.answer((request) => {
    if (request.action === 'DescribeSecurityGroupRules') {
      return rules(
        ruleXml('sg-c', false, 'tcp', port8080, '<referencedGroupInfo><groupId>sg-a</groupId></referencedGroupInfo>') +
          ruleXml('sg-c', false, 'tcp', port8080, '<cidrIpv4>10.0.0.0/8</cidrIpv4>') +
          ruleXml('sg-c', false, 'tcp', port8080, '<cidrIpv6>fd00::/8</cidrIpv6>') +
          ruleXml('sg-c', false, 'tcp', port8080, '<prefixListId>pl-1</prefixListId>') +
          ruleXml('sg-c', false, 'tcp', port8080, '') +
          ruleXml('sg-a', true, '-1', '<fromPort>-1</fromPort><toPort>-1</toPort>', '<cidrIpv4>0.0.0.0/0</cidrIpv4>'),
      );
    }
    const isHost = filtersOf(request)[0]?.startsWith('attachment') ?? false;
    const ipv6 = '<ipv6AddressesSet><item><ipv6Address>fd00::1</ipv6Address></item></ipv6AddressesSet>';
    return isHost
      ? interfaces(interfaceXml('eni-a', 'sg-a', ['10.0.0.2', '10.0.0.1'], attached + ipv6))
      : interfaces(interfaceXml('eni-c', 'sg-c', ['10.0.0.5']));
  });

  const tcp = { isEgress: false, protocol: 'tcp', fromPort: 8080, toPort: 8080 };
  expect(await ports.securityGroups.ends('i-0a', '10.0.0.5')).toEqual({
    here: [
      {
        interfaceId: 'eni-a',
        vpcId: 'vpc-1',
        addresses: ['10.0.0.1', '10.0.0.2', 'fd00::1'],
        deviceIndex: 0,
        groups: [
          {
            groupId: 'sg-a',
            name: 'group sg-a',
            rules: [
              {
                isEgress: true,
                protocol: '-1',
                fromPort: -1,
                toPort: -1,
                peer: { kind: 'addresses', cidr: '0.0.0.0/0' },
              },
            ],
          },
        ],
      },
    ],
    there: [
      {
        interfaceId: 'eni-c',
        vpcId: 'vpc-1',
        addresses: ['10.0.0.5'],
        deviceIndex: null,
        groups: [
          {
            groupId: 'sg-c',
            name: 'group sg-c',
            rules: [
              { ...tcp, peer: { kind: 'group', groupId: 'sg-a' } },
              { ...tcp, peer: { kind: 'addresses', cidr: '10.0.0.0/8' } },
              { ...tcp, peer: { kind: 'addresses', cidr: 'fd00::/8' } },
              { ...tcp, peer: { kind: 'prefixList', prefixListId: 'pl-1' } },
            ],
          },
        ],
      },
    ],
  });
  expect(aws.requests.map(filtersOf).sort()).toEqual([
    ['addresses.private-ip-address=10.0.0.5'],
    ['attachment.instance-id=i-0a'],
    ['group-id=sg-a,sg-c'],
  ]);
});

test('an IPv6 address is looked for among IPv6 addresses', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() => interfaces(''));

  expect(await ports.securityGroups.ends('i-0a', 'fd00::5')).toEqual({ here: [], there: [] });
  expect(aws.requests.map(filtersOf).sort()).toEqual([
    ['attachment.instance-id=i-0a'],
    ['ipv6-addresses.ipv6-address=fd00::5'],
  ]);
});

test('every page of interfaces and rules is read', async () => {
  const { aws, ports } = await givenAws();
  aws.answer((request) => {
    const isFirst = !request.body.includes('NextToken=');
    if (request.action === 'DescribeSecurityGroupRules') {
      return rules(ruleXml('sg-c', false, 'tcp', port8080, '<cidrIpv4>10.0.0.0/8</cidrIpv4>'), isFirst ? 'more' : '');
    }
    return interfaces(interfaceXml(isFirst ? 'eni-1' : 'eni-2', 'sg-c', ['10.0.0.5']), isFirst ? 'more' : '');
  });

  const { here, there } = await ports.securityGroups.ends('i-0a', '10.0.0.5');

  expect([here, there].map((end) => end.map((each) => each.interfaceId))).toEqual([
    ['eni-1', 'eni-2'],
    ['eni-1', 'eni-2'],
  ]);
  expect(there[0]?.groups[0]?.rules).toHaveLength(2);
});

test('a role that may not read them is told which action it lacks', async () => {
  const { aws, ports } = await givenAws();
  const denied = 'You are not authorized to perform this operation.';
  aws.answer(() => ({
    ...xml(
      `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>${denied}</Message></Error></Errors></Response>`,
    ),
    status: 403,
  }));

  await expect(ports.securityGroups.ends('i-0a', '10.0.0.5')).rejects.toThrow(
    /^ec2:DescribeNetworkInterfaces on the network interfaces of \S+ was denied \(UnauthorizedOperation: You are not/,
  );
});

test('an EC2 that keeps silent holds nobody up beyond the limit', async () => {
  const { aws } = await givenAws();
  aws.answer(() => 'silent');
  const ec2 = new EC2Client({ region: 'eu-west-1', endpoint: aws.url, maxAttempts: 4 });
  const groups = createEc2SecurityGroups({ ec2, signal: () => undefined, limitMilliseconds: 100 });

  await expect(groups.ends('i-0a', '10.0.0.5')).rejects.toThrow(expect.objectContaining({ name: 'TransientAwsError' }));
  ec2.destroy();
});
