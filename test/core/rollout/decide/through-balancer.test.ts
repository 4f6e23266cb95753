import { expect, test } from 'vitest';
import type { BalancerProgress, HostProgress } from '../../../../core/model/host-progress.ts';
import { noControls } from '../../../../core/model/operator-requests.ts';
import { decideNextWave } from '../../../../core/rollout/decide/decide-next-wave.ts';
import { isCancelled } from '../../../../core/rollout/decide/is-cancelled.ts';
import { throughBalancer } from '../../../../core/rollout/decide/through-balancer.ts';
import {
  eventsPerHost,
  eventsToJoin,
  eventsToLeave,
  maxHostsAtOnce,
} from '../../../../core/rollout/plan/event-budget.ts';
import { balancer } from '../../balancer/balancer-causes.ts';
import { crashed, givenHost, givenRollout, said } from '../../given-rollout.ts';

const plan = { loadBalancer: balancer };
const place = (standing: BalancerProgress['standing']): Pick<HostProgress, 'balancer'> => ({
  balancer: { standing, wasRegistered: true, attempts: 0, lostDrains: 0 },
});
const decide = (hosts: readonly HostProgress[], more: Parameters<typeof givenRollout>[1] = {}) =>
  decideNextWave(givenRollout(hosts, { ...more, plan: { ...plan, ...more.plan } })).decision;

test('without a load balancer every decision stands as it is', () => {
  const wave = { kind: 'wave', wave: 1, hosts: ['i-a'], maxConcurrency: 1 } as const;

  expect(throughBalancer(givenRollout([givenHost('a')]), wave)).toBe(wave);
});

test('first out, then the release, then in, then the next host', () => {
  const out = { kind: 'drain', hosts: ['i-a'], maxConcurrency: 1 };

  expect(decide([givenHost('a'), givenHost('b')])).toEqual(out);
  expect(decide([givenHost('a', place('out')), givenHost('b')])).toEqual({
    kind: 'wave',
    wave: 1,
    hosts: ['i-a'],
    maxConcurrency: 1,
  });
  expect(decide([givenHost('a', { run: 'passed', ...place('out') }), givenHost('b')])).toEqual({
    ...out,
    kind: 'join',
  });
  expect(decide([givenHost('a', { run: 'passed', ...place('in') }), givenHost('b')])).toEqual({
    ...out,
    hosts: ['i-b'],
  });
});

test('a wave of many leaves in parts, as many at once as may be down', () => {
  const hosts = ['a', 'b', 'c'].map((name) => givenHost(name));

  expect(decide(hosts, { policy: { waves: ['100%'], maxUnavailable: 2 } })).toEqual({
    kind: 'drain',
    hosts: ['i-a', 'i-b'],
    maxConcurrency: 2,
  });
});

test('one that failed outside is put back at once; one that serves leaves before it is put back', () => {
  const failed = givenHost('a', { run: 'failed', diagnosis: crashed, ...place('out') });
  const serving = givenHost('b', { run: 'passed', ...place('in') });
  const isBack = givenHost('a', { run: 'reverted', ...place('in') });

  expect(decide([failed, serving])).toMatchObject({ kind: 'revert', hosts: ['i-a'] });
  expect(decide([{ ...failed, run: 'reverted' }, serving])).toMatchObject({ kind: 'join', hosts: ['i-a'] });
  expect(decide([isBack, serving])).toMatchObject({ kind: 'drain', hosts: ['i-b'] });
  expect(decide([isBack, { ...serving, ...place('out') }])).toMatchObject({ kind: 'revert', hosts: ['i-b'] });
});

test('nobody waits and nothing ends while a host that is well is outside', () => {
  const outside = givenHost('a', place('out'));
  const halted = { controls: { halt: said(1) } };
  const kept = { controls: { halt: { ...said(1), isKept: true } } };

  expect(decide([outside], { controls: { pause: said(1) } })).toMatchObject({ kind: 'join' });
  expect(decide([outside], halted)).toMatchObject({ kind: 'join' });
  expect(decide([outside], kept)).toMatchObject({ kind: 'join' });
  expect(decide([{ ...outside, run: 'failed' }], kept)).toEqual({ kind: 'finish' });
});

test('a history stays within its bounds, however long a host may take to leave', () => {
  const slow = { secondsPerHost: 20, loadBalancer: { ...balancer, drainSeconds: 3600 } };

  expect([eventsToLeave(slow), eventsToJoin(slow), eventsPerHost(slow), maxHostsAtOnce(slow)]).toEqual([
    1448, 56, 20, 12,
  ]);
  expect(eventsToLeave({ secondsPerHost: 20, loadBalancer: balancer })).toBe(128);
  expect(eventsToLeave({ secondsPerHost: 20 })).toBe(0);
});

test('an operator calls off what is on its way forward, never what is on its way back', () => {
  const none = noControls;
  const failure = { reason: { code: 'halted', text: '' }, errorName: 'HaltedError', keepsHosts: false } as const;
  const kept = { ...said(1), isKept: true };

  expect(isCancelled('drain', {}, none)).toBe(false);
  expect(isCancelled('drain', {}, { ...none, pause: said(1) })).toBe(true);
  expect(isCancelled('drain', {}, { ...none, pause: said(1), resume: said(2) })).toBe(false);
  expect(isCancelled('drain', {}, { ...none, halt: kept })).toBe(true);
  expect(isCancelled('drain', { failure }, { ...none, halt: said(1) })).toBe(false);
  expect(isCancelled('join', {}, { ...none, pause: said(1) })).toBe(false);
  expect(isCancelled('join', {}, { ...none, halt: said(1) })).toBe(true);
  expect(isCancelled('join', {}, { ...none, halt: kept })).toBe(false);
});
