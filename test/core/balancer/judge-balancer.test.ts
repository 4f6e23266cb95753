import { describe, expect, test } from 'vitest';
import {
  type BalancerLook,
  type BalancerVerdict,
  judgeDrain,
  judgeJoin,
} from '../../../core/balancer/judge-balancer.ts';
import type { TargetFacts } from '../../../core/model/planned-balancer.ts';
import { documentedRows, wordsOf } from '../documented-rows.ts';
import { balancer } from './balancer-causes.ts';

const reasons: Readonly<Record<string, string>> = {
  unused: 'Target.NotRegistered',
  unhealthy: 'Target.Timeout',
  initial: 'Elb.InitialHealthChecking',
  draining: 'Target.DeregistrationInProgress',
};

function target(instanceId: string, state: string, more: Partial<TargetFacts> = {}): TargetFacts {
  return { instanceId, port: 8080, state, reason: reasons[state] ?? null, description: null, ...more };
}

function look(own: string | undefined, others: readonly string[], more: Partial<BalancerLook> = {}): BalancerLook {
  const mine = own === undefined || own === '' ? [] : [target('i-1', own)];
  return {
    balancer,
    instanceId: 'i-1',
    hostName: 'payment-1',
    targets: [...mine, ...others.map((state, index) => target(`i-${index + 2}`, state))],
    nowMilliseconds: 10,
    deadlineMilliseconds: 20,
    hasChanged: false,
    healthyLooks: 0,
    isCancelled: false,
    ...more,
  };
}

function wordFor(verdict: BalancerVerdict, change: string): string {
  switch (verdict.kind) {
    case 'change':
      return change;
    case 'wait':
      return `wait ${verdict.healthyLooks}`;
    case 'ended':
      return verdict.status === 'done' ? 'done' : `failed ${verdict.diagnosis?.cause}`;
  }
}

describe('judgeDrain', () => {
  const rows = documentedRows('core/balancer/judge-balancer.ts', 'judgeDrain');

  test('has worked examples', () => expect(rows.length).toBeGreaterThan(9));

  test.each(rows)('%s beside [%s], late %s: %s', (own, others, isLate, expected) => {
    const nowMilliseconds = isLate === 'yes' ? 30 : 10;

    const verdict = judgeDrain(look(own, wordsOf(others), { nowMilliseconds }));

    expect(wordFor(verdict, 'deregister').replace('wait 0', 'wait')).toBe(expected);
  });

  test('a host that was just deregistered is waited for, whatever ELB still says of it', () => {
    expect(judgeDrain(look('healthy', ['healthy'], { hasChanged: true })).kind).toBe('wait');
  });

  test('another port of the same instance is another target', () => {
    const targets = [target('i-1', 'healthy', { port: 9090 })];

    expect(wordFor(judgeDrain(look('', [], { targets })), 'deregister')).toBe('done');
  });

  test('what is in no zone of the load balancer is deregistered like any other', () => {
    const targets = [target('i-1', 'unused', { reason: 'Target.NotInUse' })];

    expect(judgeDrain(look('', [], { targets })).kind).toBe('change');
  });

  test('a drain that is given up or called off says so', () => {
    const late = judgeDrain(look('draining', [], { nowMilliseconds: 30 }));
    const calledOff = judgeDrain(look('draining', [], { isCancelled: true }));

    expect([late, calledOff]).toMatchObject([
      { status: 'done', note: 'still draining after 300 s: went on, and its connections are cut' },
      { status: 'done', note: 'called off by an operator' },
    ]);
  });
});

describe('judgeJoin', () => {
  const rows = documentedRows('core/balancer/judge-balancer.ts', 'judgeJoin');

  test('has worked examples', () => expect(rows.length).toBeGreaterThan(7));

  test.each(rows)('%s after %s healthy looks, late %s: %s', (own, healthyLooks, isLate, expected) => {
    const nowMilliseconds = isLate === 'yes' ? 30 : 10;

    const verdict = judgeJoin(look(own, [], { nowMilliseconds, healthyLooks: Number(healthyLooks) }));

    expect(wordFor(verdict, 'register')).toBe(expected);
  });

  test('what is called off is registered all the same', () => {
    expect(judgeJoin(look('', [], { isCancelled: true })).kind).toBe('change');
    expect(judgeJoin(look('', [], { isCancelled: true, hasChanged: true }))).toMatchObject({
      kind: 'ended',
      status: 'done',
      note: 'called off by an operator',
    });
  });

  test('a target that no load balancer will ever ask is an error at once, not a wait', () => {
    const targets = [target('i-1', 'unused', { reason: 'Target.NotInUse' })];

    expect(judgeJoin(look('', [], { targets }))).toMatchObject({
      status: 'failed',
      diagnosis: {
        cause: 'target-group-unusable',
        meaning:
          'payment-prod gets no requests for payment-1 (Target.NotInUse): no load balancer forwards to it, or not in this zone',
      },
    });
  });

  test.each([
    [
      'Target.Timeout',
      'Request timed out',
      "let the load balancer's security group in at port 8080 of the hosts', and see whether the health check's path answers in its time",
    ],
    [
      'Target.ResponseCodeMismatch',
      'Health checks failed with these codes: [404]',
      "make the health check of the target group (path, matcher) fit the service's health.path, or the service fit it",
    ],
    [
      'Target.FailedHealthChecks',
      'Health checks failed',
      "see whether the service listens on port 8080 at the host's own address, and what the health check of the target group asks",
    ],
    [
      'Elb.InitialHealthChecking',
      'Initial health checks in progress',
      "raise loadBalancer.healthySeconds: it must hold several intervals of the target group's health check",
    ],
    [
      'Elb.InternalError',
      'Internal error',
      'look at the target in the console of EC2 (Target groups), then rerun the deployment',
    ],
  ])('%s: says what ELB said, and what to do about it', (reason, description, remedy) => {
    const targets = [target('i-1', 'unhealthy', { reason, description })];

    expect(judgeJoin(look('', [], { targets, nowMilliseconds: 30 }))).toMatchObject({
      diagnosis: {
        cause: 'target-unhealthy',
        meaning: `passed its own gate, but payment-prod says unhealthy after 120 s (${reason}: ${description})`,
        remedy,
      },
    });
  });
});
