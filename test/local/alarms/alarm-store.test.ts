import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmEvent } from '../../../local/alarms/alarm-state-change.ts';
import { createAlarmStore } from '../../../local/alarms/alarm-store.ts';

const clock = { now: () => Date.parse('2026-11-22T20:45:00Z') };

function givenStore(file?: string) {
  const events: AlarmEvent[] = [];
  const onChange = (event: AlarmEvent): void => void events.push(event);
  return { events, store: createAlarmStore({ region: 'eu-west-1', clock, onChange, ...(file && { file }) }) };
}

test('an alarm is in the state that it was put in, and says that it is simulated', async () => {
  const { store } = givenStore();

  store.set('payment-5xx', 'ALARM', '40 errors');

  expect(await store.describe(['gone', 'payment-5xx'])).toEqual([
    { name: 'payment-5xx', state: 'ALARM', reason: 'simulated: 40 errors' },
  ]);
});

test('a change is told as EventBridge tells it, the same state again is none', () => {
  const { store, events } = givenStore();

  store.set('payment-5xx', 'ALARM', '40 errors');
  store.set('payment-5xx', 'ALARM', '41 errors');
  store.set('payment-5xx', 'OK', 'few');

  expect(events.map(({ detail }) => `${detail.previousState.value} ${detail.state.value}`)).toEqual([
    'INSUFFICIENT_DATA ALARM',
    'ALARM OK',
  ]);
  expect(events[0]).toMatchObject({
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    time: '2026-11-22T20:45:00.000Z',
    detail: { alarmName: 'payment-5xx' },
  });
});

test('alarms outlive the process, until they are removed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rollgate-alarms-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'alarms.json');
  givenStore(file).store.set('payment-5xx', 'OK', 'few');

  const again = givenStore(file).store;
  expect((await again.describe(['payment-5xx'])).map(({ state }) => state)).toEqual(['OK']);
  again.remove('payment-5xx');

  expect(await givenStore(file).store.describe(['payment-5xx'])).toEqual([]);
});
