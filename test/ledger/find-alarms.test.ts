import { expect, test } from 'vitest';
import type { Alarms } from '../../clients/ports.ts';
import type { Alarm } from '../../core/model/alarm-reading.ts';
import { TransientAwsError } from '../../core/model/errors.ts';
import { findAlarms } from '../../ledger/find-alarms.ts';
import { localStage } from '../given/stages.ts';
import { configOf, problemsOf } from './given-inventory.ts';

const config = configOf('alarms');
const alarm = (name: string): Alarm => ({ name, state: 'OK', reason: 'as it should be' });
const own = alarm('payment-local-5xx');
const shared = alarm('Broker is slow (all shops)');

/** CloudWatch with these alarms in it. */
const alarmsOf = (...alarms: readonly Alarm[]): Alarms => ({
  describe: async (names) => alarms.filter(({ name }) => names.includes(name)),
});

test('the alarms of a configuration are those of this stage, also those that only report', async () => {
  const alarms = alarmsOf(alarm('payment-prod-5xx'), own, shared);

  expect(await findAlarms({ stage: localStage, alarms }, config)).toEqual([own, shared]);
});

test('alarms that are not there are refused, all of them at once', async () => {
  const why = 'in this account and region; create it, or take it out';

  expect(
    await problemsOf(findAlarms({ stage: localStage, alarms: alarmsOf(alarm('payment-prod-5xx')) }, config)),
  ).toEqual([
    `rollout.alarms: CloudWatch has no alarm payment-local-5xx ${why}`,
    `rollout.alarms: CloudWatch has no alarm Broker is slow (all shops) ${why}`,
  ]);
});

test('a configuration without alarms asks CloudWatch nothing', async () => {
  const describe: Alarms['describe'] = async () => {
    throw new TransientAwsError('nobody may ask');
  };

  expect(await findAlarms({ stage: localStage, alarms: { describe } }, configOf('least'))).toEqual([]);
});
