import { expect, test } from 'vitest';
import { type Answer, type Endpoint, givenAws, json, jsonError, type Request, xml } from './aws-endpoint.ts';

interface Instance {
  readonly id: string;
  readonly zone?: string;
  readonly state?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const instanceXml = ({ id, zone = 'eu-west-1a', state = 'running', tags = { Service: 'payment' } }: Instance): string =>
  `<item><instanceId>${id}</instanceId><privateIpAddress>10.0.0.7</privateIpAddress>` +
  `<instanceState><code>16</code><name>${state}</name></instanceState><placement><availabilityZone>${zone}</availabilityZone></placement>` +
  `<tagSet>${Object.entries(tags)
    .map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`)
    .join('')}</tagSet></item>`;

const instances = (list: readonly Instance[], next = ''): Answer =>
  xml(
    `<DescribeInstancesResponse><reservationSet>${list
      .map((each) => `<item><instancesSet>${instanceXml(each)}</instancesSet></item>`)
      .join('')}</reservationSet><nextToken>${next}</nextToken></DescribeInstancesResponse>`,
  );

/** EC2 and SSM as one server; SSM gives what it knows in pages of two. */
function givenFleet(aws: Endpoint, fleet: readonly Instance[], pings: Readonly<Record<string, string>>): void {
  aws.answer((request) => (request.action === 'DescribeInstances' ? instances(fleet) : information(request, pings)));
}

function information({ body }: Request, pings: Readonly<Record<string, string>>): Answer {
  const { Filters, NextToken } = JSON.parse(body) as {
    Filters?: readonly { Key: string; Values: readonly string[] }[];
    NextToken?: string;
  };
  const asked = Filters?.[0]?.Values ?? Object.keys(pings);
  const known = asked.filter((id) => pings[id] !== undefined);
  const from = Number(NextToken ?? 0);
  return json({
    InstanceInformationList: known
      .slice(from, from + 2)
      .map((InstanceId) => ({ InstanceId, PingStatus: pings[InstanceId] })),
    ...(from + 2 < known.length ? { NextToken: String(from + 2) } : {}),
  });
}

test('hosts are asked for by their tags and state, and told by zone, then id', async () => {
  const { aws, ports } = await givenAws();
  givenFleet(
    aws,
    [
      { id: 'i-3', zone: 'eu-west-1b', tags: { Service: 'payment', Name: 'payment-3' } },
      { id: 'i-2', zone: 'eu-west-1a', state: 'stopped' },
      { id: 'i-1', zone: 'eu-west-1a', tags: { Service: 'payment', Name: '' } },
    ],
    { 'i-3': 'Online', 'i-2': 'ConnectionLost' },
  );

  const common = { privateAddress: '10.0.0.7', isSimulated: false };
  expect(await ports.inventory.hosts({ Service: 'payment' })).toEqual([
    {
      instanceId: 'i-1',
      name: 'i-1',
      zone: 'eu-west-1a',
      state: 'running',
      ping: 'absent',
      ...common,
      tags: { Service: 'payment', Name: '' },
    },
    {
      instanceId: 'i-2',
      name: 'i-2',
      zone: 'eu-west-1a',
      state: 'stopped',
      ping: 'ConnectionLost',
      ...common,
      tags: { Service: 'payment' },
    },
    {
      instanceId: 'i-3',
      name: 'payment-3',
      zone: 'eu-west-1b',
      state: 'running',
      ping: 'Online',
      ...common,
      tags: { Service: 'payment', Name: 'payment-3' },
    },
  ]);
  const asked = new URLSearchParams(aws.requests[0]?.body);
  expect(Object.fromEntries([...asked].filter(([name]) => name.startsWith('Filter.')))).toEqual({
    'Filter.1.Name': 'tag:Service',
    'Filter.1.Value.1': 'payment',
    'Filter.2.Name': 'instance-state-name',
    'Filter.2.Value.1': 'pending',
    'Filter.2.Value.2': 'running',
    'Filter.2.Value.3': 'stopping',
    'Filter.2.Value.4': 'stopped',
  });
});

test('hosts come from all pages', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(({ action, body }) => {
    if (action !== 'DescribeInstances') return json({ InstanceInformationList: [] });
    return new URLSearchParams(body).get('NextToken') === 'more'
      ? instances([{ id: 'i-2' }])
      : instances([{ id: 'i-1' }], 'more');
  });

  expect((await ports.inventory.hosts({ Service: 'payment' })).map((host) => host.instanceId)).toEqual(['i-1', 'i-2']);
});

test('a tag is taken literally: what EC2 reads as a wildcard finds no other hosts', async () => {
  const { aws, ports } = await givenAws();
  givenFleet(aws, [{ id: 'i-1', tags: { Service: 'pay*' } }, { id: 'i-2' }], {});

  expect((await ports.inventory.hosts({ Service: 'pay*' })).map((host) => host.instanceId)).toEqual(['i-1']);
  expect(new URLSearchParams(aws.requests[0]?.body).get('Filter.1.Value.1')).toBe('pay\\*');
});

test('SSM is asked for at most 50 hosts at once, and for all pages of each answer', async () => {
  const { aws, ports } = await givenAws();
  const fleet = Array.from({ length: 101 }, (_, index) => ({ id: `i-${String(index).padStart(3, '0')}` }));
  givenFleet(aws, fleet, { 'i-000': 'Online', 'i-001': 'Online', 'i-049': 'Online', 'i-100': 'Inactive' });

  const hosts = await ports.inventory.hosts({ Service: 'payment' });

  expect(hosts.flatMap(({ instanceId, ping }) => (ping === 'absent' ? [] : [`${instanceId} ${ping}`]))).toEqual([
    ...['i-000 Online', 'i-001 Online', 'i-049 Online', 'i-100 ConnectionLost'],
  ]);
  const asked = aws.requests.slice(1).map(({ body }) => JSON.parse(body));
  expect(asked.map(({ Filters, NextToken }) => [Filters[0].Values.length, NextToken])).toEqual([
    [50, undefined],
    [50, '2'],
    [50, undefined],
    [1, undefined],
  ]);
});

test('one host that SSM takes for invalid does not hide the others', async () => {
  const { aws, ports } = await givenAws();
  aws.answer((request) => {
    if (request.action === 'DescribeInstances') return instances([{ id: 'i-1' }, { id: 'i-2' }]);
    return request.body.includes('Filters')
      ? jsonError('InvalidInstanceId', 'i-1')
      : information(request, { 'i-0': 'Online', 'i-2': 'Online' });
  });

  expect((await ports.inventory.hosts({ Service: 'payment' })).map((host) => host.ping)).toEqual(['absent', 'Online']);
});

test('no host is no question to SSM', async () => {
  const { aws, ports } = await givenAws();
  givenFleet(aws, [], {});

  expect(await ports.inventory.hosts({ Service: 'payment' })).toEqual([]);
  expect(aws.actions()).toEqual(['DescribeInstances']);
});

test('throttling of EC2 is tried again', async () => {
  const { aws, ports } = await givenAws();
  const throttled: Answer = {
    ...xml(
      '<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error></Errors></Response>',
    ),
    status: 503,
  };
  aws.answerInTurn(throttled, instances([]));

  expect(await ports.inventory.hosts({ Service: 'payment' })).toEqual([]);
});

test('an EC2 that may not be asked names the action', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn({
    ...xml(
      '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>m</Message></Error></Errors></Response>',
    ),
    status: 403,
  });

  await expect(ports.inventory.hosts({ Service: 'payment' })).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: expect.stringMatching(/^ec2:DescribeInstances on the instances with these tags was denied/),
  });
});

test.each([
  ['one that EC2 knows', [{ id: 'i-1', state: 'stopping' }], 'stopping'],
  ['one that EC2 has forgotten', [], 'terminated'],
] as const)('%s is asked for by its id alone, and SSM is not asked', async (_which, found, state) => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(instances(found));

  expect(await ports.inventory.stateOf('i-1')).toBe(state);
  expect(aws.actions()).toEqual(['DescribeInstances']);
});
