import { describe, expect, test } from 'vitest';
import { judgeIngress } from '../../../core/network/judge-ingress.ts';
import type { NetworkInterface, RulePeer, SecurityGroupRule } from '../../../core/network/security-groups.ts';
import { everythingOut, ingress, interfaceIn } from '../../fakes/security-groups.ts';

const payment = { groupId: 'sg-0a', name: 'payment' };
const cart = { groupId: 'sg-0c', name: 'cart' };
const address = '10.0.0.5';
const host = interfaceIn(payment, '10.0.0.1');
const ofGroup: RulePeer = { kind: 'group', groupId: payment.groupId };
const range = (cidr: string): RulePeer => ({ kind: 'addresses', cidr });
const list = (prefixListId: string): RulePeer => ({ kind: 'prefixList', prefixListId });

function judge(rules: readonly SecurityGroupRule[], here = host, more: Partial<NetworkInterface> = {}) {
  const there = { ...interfaceIn(cart, address, rules), ...more };
  return judgeIngress({ ends: { here: [here], there: [there] }, address, port: 8080 });
}

const missing = {
  kind: 'ingress-missing',
  group: cart,
  source: payment,
  command: 'aws ec2 authorize-security-group-ingress --group-id sg-0c --protocol tcp --port 8080 --source-group sg-0a',
  isSimulated: false,
};

describe('a rule lets the host in', () => {
  test.each<readonly [string, SecurityGroupRule]>([
    ['its group', ingress(ofGroup, 8080)],
    ['its address alone', ingress(range('10.0.0.1/32'), 8080)],
    ['its network', ingress(range('10.0.0.0/8'), 8080)],
    ['everybody', ingress(range('0.0.0.0/0'), 8080)],
    ['a range of ports', { ...ingress(ofGroup, 8080), fromPort: 8000, toPort: 8080 }],
    ['every port of TCP', { ...ingress(ofGroup, 8080), fromPort: -1, toPort: -1 }],
    ['every protocol', { ...ingress(ofGroup, -1), protocol: '-1' }],
    ['TCP by its number', { ...ingress(ofGroup, 8080), protocol: '6' }],
  ])('%s', (_, rule) => {
    expect(judge([rule])).toEqual({ kind: 'open', group: cart });
  });

  test('of any group that the upstream has', () => {
    const groups = [
      { ...cart, rules: [] },
      { groupId: 'sg-0d', name: 'web', rules: [ingress(ofGroup, 8080)] },
    ];

    expect(judge([], host, { groups })).toEqual({ kind: 'open', group: { groupId: 'sg-0d', name: 'web' } });
  });

  test('an upstream without any group is filtered by none', () => {
    expect(judge([], host, { groups: [] })).toEqual({ kind: 'open', group: null });
  });
});

describe('no rule lets the host in', () => {
  test.each<readonly [string, readonly SecurityGroupRule[]]>([
    ['there is none', []],
    ['another group is named', [ingress({ kind: 'group', groupId: 'sg-0b' }, 8080)]],
    ['another network is named', [ingress(range('10.1.0.0/16'), 8080)]],
    ['it is of the other IP version', [ingress(range('::/0'), 8080)]],
    ['another port is open', [ingress(ofGroup, 8081)]],
    ['the range ends before the port', [{ ...ingress(ofGroup, 8000), toPort: 8079 }]],
    ['it is for UDP', [{ ...ingress(ofGroup, 8080), protocol: 'udp' }]],
    ['it is for what goes out', [{ ...ingress(ofGroup, 8080), isEgress: true }]],
  ])('%s', (_, rules) => {
    expect(judge(rules)).toEqual(missing);
  });

  test('the rule is to be added to the group that has rules for the port already', () => {
    const web = { groupId: 'sg-0d', name: 'web', rules: [ingress(range('10.9.0.0/16'), 8080)] };
    const groups = [{ ...cart, rules: [] }, web];

    expect(judge([], host, { groups })).toMatchObject({ group: { groupId: 'sg-0d', name: 'web' } });
  });

  test('the default group is the last to be opened', () => {
    const groups = [
      { groupId: 'sg-00', name: 'default', rules: [] },
      { ...cart, rules: [] },
    ];

    expect(judge([], host, { groups })).toMatchObject({ group: cart });
  });

  test('a host in another VPC is let in by its address', () => {
    expect(judge([], { ...host, vpcId: 'vpc-2' })).toEqual({
      ...missing,
      source: '10.0.0.1',
      command:
        'aws ec2 authorize-security-group-ingress --group-id sg-0c --protocol tcp --port 8080 --cidr 10.0.0.1/32',
    });
  });

  test('over IPv6 the host is let in by its IPv6 address', () => {
    const here = { ...interfaceIn(payment, '10.0.0.1'), vpcId: 'vpc-2', addresses: ['10.0.0.1', 'fd00::1'] };
    const there = interfaceIn(cart, 'fd00::5', [ingress(range('0.0.0.0/0'), 8080)]);

    expect(judgeIngress({ ends: { here: [here], there: [there] }, address: 'fd00::5', port: 8080 })).toEqual({
      ...missing,
      source: 'fd00::1',
      command:
        "aws ec2 authorize-security-group-ingress --group-id sg-0c --ip-permissions 'IpProtocol=tcp,FromPort=8080,ToPort=8080,Ipv6Ranges=[{CidrIpv6=fd00::1/128}]'",
    });
  });

  test('simulated groups are told as such', () => {
    const simulated = { ...host, isSimulated: true };

    expect(judge([], simulated, { isSimulated: true })).toEqual({ ...missing, isSimulated: true });
  });
});

describe('the host itself', () => {
  const open = [ingress(ofGroup, 8080)];

  test('is not let out', () => {
    expect(judge(open, interfaceIn(payment, '10.0.0.1', []))).toEqual({
      kind: 'egress-missing',
      group: payment,
      target: cart,
      command:
        "aws ec2 authorize-security-group-egress --group-id sg-0a --ip-permissions 'IpProtocol=tcp,FromPort=8080,ToPort=8080,UserIdGroupPairs=[{GroupId=sg-0c}]'",
      isSimulated: false,
    });
  });

  test('is let out to the group of the upstream', () => {
    const rule = {
      ...everythingOut,
      protocol: 'tcp',
      fromPort: 8080,
      toPort: 8080,
      peer: { kind: 'group', groupId: 'sg-0c' },
    } as const;

    expect(judge(open, interfaceIn(payment, '10.0.0.1', [rule]))).toEqual({ kind: 'open', group: cart });
  });

  test('in another VPC needs a rule for the address', () => {
    const here = { ...interfaceIn(payment, '10.0.0.1', []), vpcId: 'vpc-2' };

    expect(judge([ingress(range('10.0.0.0/8'), 8080)], here)).toMatchObject({
      target: address,
      command:
        "aws ec2 authorize-security-group-egress --group-id sg-0a --ip-permissions 'IpProtocol=tcp,FromPort=8080,ToPort=8080,IpRanges=[{CidrIp=10.0.0.5/32}]'",
    });
  });

  test('is not known to EC2', () => {
    const there = [interfaceIn(cart, address, [])];

    expect(judgeIngress({ ends: { here: [], there }, address, port: 8080 })).toEqual({ kind: 'host-unknown' });
  });
});

describe('what is not claimed', () => {
  test('a prefix list may let the host in', () => {
    expect(judge([ingress(list('pl-2'), 8080), ingress(list('pl-1'), 8080), ingress(list('pl-9'), 9090)])).toEqual({
      kind: 'perhaps',
      direction: 'in',
      prefixListIds: ['pl-1', 'pl-2'],
    });
  });

  test('a prefix list may let it out', () => {
    const here = interfaceIn(payment, '10.0.0.1', [{ ...everythingOut, peer: list('pl-1') }]);

    expect(judge([ingress(ofGroup, 8080)], here)).toEqual({
      kind: 'perhaps',
      direction: 'out',
      prefixListIds: ['pl-1'],
    });
  });

  test('an address that nobody has', () => {
    expect(judgeIngress({ ends: { here: [host], there: [] }, address, port: 8080 })).toEqual({ kind: 'nobody' });
  });

  test('an address that exists in two networks, of which none is the host’s', () => {
    const there = ['vpc-3', 'vpc-2'].map((vpcId) => ({ ...interfaceIn(cart, address, []), vpcId }));

    expect(judgeIngress({ ends: { here: [host], there }, address, port: 8080 })).toEqual({
      kind: 'ambiguous',
      vpcIds: ['vpc-2', 'vpc-3'],
    });
  });
});

test('of several interfaces the one in the network of the host counts', () => {
  const there = [
    { ...interfaceIn({ groupId: 'sg-0f', name: 'far' }, address, []), vpcId: 'vpc-2' },
    interfaceIn(cart, address, []),
  ];
  const second = { ...interfaceIn({ groupId: 'sg-0e', name: 'admin' }, '10.0.9.1'), deviceIndex: 1 };

  expect(judgeIngress({ ends: { here: [second, host], there }, address, port: 8080 })).toEqual(missing);
});
