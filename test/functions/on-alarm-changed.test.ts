import { beforeEach, describe, expect, test } from 'vitest';
import { handler, run } from '../../functions/on-alarm-changed.ts';
import { run as sweep } from '../../functions/sweep-locks.ts';
import { park, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { policy } from '../core/given-rollout.ts';
import { deploymentId, executionArn } from '../given/deployment.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;

const changed = (alarmName: string, value = 'ALARM') => ({ detail: { alarmName, state: { value } } });
const answered = 'answer token {}';
const watched = { policy: { ...policy, alarms: [{ name: 'payment-5xx', isReportOnly: false }] } };

async function givenParked(kind: 'bake' | 'operator', plan: Parameters<GivenPorts['givenPlan']>[0] = watched) {
  await given.givenAdmitted();
  await given.givenPlan(plan);
  await given.givenLock();
  const name = pauseParkingName('payment', deploymentId);
  await park(given.ports, name, { kind, token: 'token', deploymentId, executionArn, round: 1, parkedAt: 'then' });
}

beforeEach(async () => {
  given = await givenPorts();
});

describe('an alarm that goes off', () => {
  test('ends the bake of the rollout that names it', async () => {
    await givenParked('bake');

    await run(changed('payment-5xx'), given.ports);

    expect(given.deeds).toEqual([answered]);
  });

  test('and is of somebody else wakes nobody', async () => {
    await givenParked('bake');

    await run(changed('cart-5xx'), given.ports);

    expect(given.deeds).toEqual([]);
  });

  test('and only reports wakes nobody', async () => {
    await givenParked('bake', { policy: { ...policy, alarms: [{ name: 'payment-5xx', isReportOnly: true }] } });

    await run(changed('payment-5xx'), given.ports);

    expect(given.deeds).toEqual([]);
  });

  test('while a person is waited for wakes nobody', async () => {
    await givenParked('operator');

    await run(changed('payment-5xx'), given.ports);

    expect(given.deeds).toEqual([]);
  });

  test('while nothing is deployed wakes nobody', async () => {
    await run(changed('payment-5xx'), given.ports);

    expect(given.deeds).toEqual([]);
  });
});

test('an alarm that is well again wakes nobody', async () => {
  await givenParked('bake');

  await run(changed('payment-5xx', 'OK'), given.ports);

  expect(given.deeds).toEqual([]);
});

test('the handler takes the event as EventBridge sends it', async () => {
  await givenParked('bake');

  await handler({
    version: '0',
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    region: 'eu-west-1',
    resources: ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:payment-5xx'],
    detail: {
      alarmName: 'payment-5xx',
      state: { value: 'ALARM', reason: 'Threshold Crossed', timestamp: '2026-11-22T20:45:00.000+0000' },
      previousState: { value: 'OK' },
      configuration: { metrics: [] },
    },
  });

  expect(given.deeds).toEqual([answered]);
});

describe('the sweep', () => {
  const alarm = (state: 'OK' | 'ALARM') => [{ name: 'payment-5xx', state, reason: '' }];

  test('ends a bake whose alarm has gone off unheard', async () => {
    await givenParked('bake');
    given.givenExecution(executionArn, 'RUNNING');
    given.givenAlarms(alarm('ALARM'));

    await sweep({}, given.ports);

    expect(given.deeds).toEqual(['describe payment-5xx', answered]);
  });

  test.each([
    ['whose alarm is well', alarm('OK'), 1],
    ['whose alarm can not be read', new Error('busy'), 1],
  ] as const)('leaves a bake alone %s', async (_what, alarms, looks) => {
    await givenParked('bake');
    given.givenExecution(executionArn, 'RUNNING');
    given.givenAlarms(alarms);

    await sweep({}, given.ports);

    expect(given.deeds).toEqual(Array.from({ length: looks }, () => 'describe payment-5xx'));
  });

  test('asks nothing where nobody bakes', async () => {
    await givenParked('operator');
    given.givenExecution(executionArn, 'RUNNING');

    await sweep({}, given.ports);

    expect(given.deeds).toEqual([]);
  });
});
