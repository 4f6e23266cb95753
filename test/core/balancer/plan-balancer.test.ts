import { expect, test } from 'vitest';
import { type BalancerFacts, planBalancer, targetGroupOf } from '../../../core/balancer/plan-balancer.ts';
import { InvalidDeploymentError } from '../../../core/model/errors.ts';
import { configuration } from '../../given/configuration.ts';
import { balancer } from './balancer-causes.ts';

const group = { arn: 'arn:group', name: 'payment-prod', targetType: 'instance', isInUse: true, targets: [] };
const facts: BalancerFacts = {
  config: {
    health: configuration.health,
    loadBalancer: { targetGroup: 'payment-{stage}', drainSeconds: 300, healthySeconds: 120 },
  },
  stageName: 'prod',
  group,
  hosts: [{ instanceId: 'i-1', name: 'payment-1' }],
};

function problemsOf(more: Partial<BalancerFacts>): readonly string[] {
  try {
    planBalancer({ ...facts, ...more });
  } catch (error) {
    if (error instanceof InvalidDeploymentError) return error.problems;
    throw error;
  }
  return [];
}

test('the group of the stage, and the port that the gate asks where none is named', () => {
  const { loadBalancer } = facts.config;

  expect(planBalancer(facts)).toEqual(balancer);
  expect(
    planBalancer({ ...facts, config: { ...facts.config, loadBalancer: { ...loadBalancer, port: 9090 } } }).port,
  ).toBe(9090);
  expect(targetGroupOf(loadBalancer, 'dev')).toBe('payment-dev');
});

test('a group that is not there, that holds no instances, or that nobody forwards to is refused with what to do', () => {
  expect(problemsOf({ group: undefined })).toEqual([
    'loadBalancer.targetGroup: there is no target group payment-prod in this account and region; make it, or correct the name',
  ]);
  expect(problemsOf({ group: { ...group, targetType: 'ip', isInUse: false } })).toEqual([
    'loadBalancer.targetGroup: payment-prod has targets of type ip; Rollgate registers instances, so make one of type instance',
    "loadBalancer.targetGroup: no load balancer forwards to payment-prod; add it to a listener's rule, or leave the section out",
  ]);
});

test('a host in a zone where the load balancer is not enabled is an error before anything is touched', () => {
  const target = { instanceId: 'i-1', port: 8080, state: 'unused', reason: 'Target.NotInUse', description: null };

  expect(problemsOf({ group: { ...group, targets: [target] } })).toEqual([
    'loadBalancer.targetGroup: payment-prod gets no requests for payment-1: the load balancer is not enabled in the zone of each; enable the zone (elbv2 set-subnets), or move the host',
  ]);
  expect(problemsOf({ group: { ...group, targets: [{ ...target, port: 9090 }] } })).toEqual([]);
});
