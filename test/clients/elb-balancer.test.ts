import { expect, test } from 'vitest';
import { type Answer, givenAws, xml } from './aws-endpoint.ts';

const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/payment-prod/0123456789abcdef';
const target = { instanceId: 'i-1', port: 8080 };

const error = (code: string, status = 400, message = code): Answer => ({
  ...xml(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  ),
  status,
});

function groups(members: string): Answer {
  return xml(
    `<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups>${members}</TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`,
  );
}

const group = (balancers: string): string =>
  `<member><TargetGroupArn>${arn}</TargetGroupArn><TargetGroupName>payment-prod</TargetGroupName>` +
  `<TargetType>instance</TargetType><LoadBalancerArns>${balancers}</LoadBalancerArns></member>`;

test('a target group is found by name and by ARN, with whether a load balancer forwards to it', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(groups(group('<member>arn:alb</member>')), groups(group('')));

  const found = [await ports.balancer.targetGroup('payment-prod'), await ports.balancer.targetGroup(arn)];

  expect(found).toEqual([
    { arn, name: 'payment-prod', targetType: 'instance', isInUse: true },
    { arn, name: 'payment-prod', targetType: 'instance', isInUse: false },
  ]);
  expect(
    aws.requests.map(({ body }) => new URLSearchParams(body)).map((query) => [...query.entries()].slice(0, 3)),
  ).toEqual([
    expect.arrayContaining([['Names.member.1', 'payment-prod']]),
    expect.arrayContaining([['TargetGroupArns.member.1', arn]]),
  ]);
});

test('a target group that is not there is no error', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() => error('TargetGroupNotFound'));

  expect([await ports.balancer.targetGroup('payment-prod'), await ports.balancer.targets(arn)]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await ports.balancer.register(arn, target)).toMatchObject({ kind: 'refused', why: 'no-group' });
});

test('targets come with state, reason and description, as ELB gives them', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() =>
    xml(
      '<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>' +
        '<member><Target><Id>i-1</Id><Port>8080</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>' +
        '<member><Target><Id>i-2</Id><Port>8080</Port></Target><TargetHealth><State>unhealthy</State>' +
        '<Reason>Target.Timeout</Reason><Description>Request timed out</Description></TargetHealth></member>' +
        '</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>',
    ),
  );

  expect(await ports.balancer.targets(arn)).toEqual([
    { ...target, state: 'healthy', reason: null, description: null },
    { instanceId: 'i-2', port: 8080, state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' },
  ]);
});

test('a target is registered and deregistered with its port', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(({ action }) => xml(`<${action}Response><${action}Result/></${action}Response>`));

  const results = [await ports.balancer.register(arn, target), await ports.balancer.deregister(arn, target)];

  expect(results).toEqual([{ kind: 'done' }, { kind: 'done' }]);
  expect(
    aws.requests.map(({ action, body }) => [
      action,
      ...['Id', 'Port'].map((key) => new URLSearchParams(body).get(`Targets.member.1.${key}`)),
    ]),
  ).toEqual([
    ['RegisterTargets', 'i-1', '8080'],
    ['DeregisterTargets', 'i-1', '8080'],
  ]);
});

test('an instance that can not be registered is refused with why; to take out one that is not there is no error', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() => error('InvalidTarget', 400, 'i-1 is not in VPC vpc-1'));

  expect(await ports.balancer.register(arn, target)).toEqual({
    kind: 'refused',
    why: 'invalid-target',
    reason: 'i-1 is not in VPC vpc-1',
  });
  expect(await ports.balancer.deregister(arn, target)).toEqual({ kind: 'done' });
});

test('a role that may not register is refused with the action that it lacks', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() => error('AccessDenied', 403, 'no'));

  expect(await ports.balancer.register(arn, target)).toEqual({
    kind: 'refused',
    why: 'denied',
    reason: `elasticloadbalancing:RegisterTargets on ${arn} was denied (AccessDenied: no): the role must allow it, and no policy of the resource forbid it`,
  });
});

test('throttling is trouble that passes', async () => {
  const { aws, ports } = await givenAws();
  aws.answer(() => error('Throttling', 400));

  await expect(ports.balancer.deregister(arn, target)).rejects.toMatchObject({ name: 'TransientAwsError' });
});
