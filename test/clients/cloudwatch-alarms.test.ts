import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createCall } from '../../clients/aws/call.ts';
import { createCloudWatchAlarms } from '../../clients/aws/cloudwatch-alarms.ts';

const sdk = mockClient(CloudWatchClient);
const alarms = createCloudWatchAlarms({
  cloudWatch: new CloudWatchClient({ region: 'eu-west-1' }),
  call: createCall(() => undefined),
});

beforeEach(() => {
  sdk.reset();
});

test('metric and composite alarms are asked for by their names, and told alike', async () => {
  sdk.on(DescribeAlarmsCommand).resolves({
    MetricAlarms: [{ AlarmName: 'payment-5xx', StateValue: 'ALARM', StateReason: 'Threshold Crossed' }],
    CompositeAlarms: [{ AlarmName: 'shop', StateValue: 'OK' }],
  });

  expect(await alarms.describe(['payment-5xx', 'shop', 'gone'])).toEqual([
    { name: 'payment-5xx', state: 'ALARM', reason: 'Threshold Crossed' },
    { name: 'shop', state: 'OK', reason: '' },
  ]);
  expect(sdk.calls().map((call) => call.args[0].input)).toEqual([
    {
      AlarmNames: ['payment-5xx', 'shop', 'gone'],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: 100,
    },
  ]);
});

test('every page is read', async () => {
  sdk
    .on(DescribeAlarmsCommand)
    .resolvesOnce({ MetricAlarms: [{ AlarmName: 'a', StateValue: 'OK' }], NextToken: 'more' })
    .resolvesOnce({ MetricAlarms: [{ AlarmName: 'b', StateValue: 'OK' }] });

  expect((await alarms.describe(['a', 'b'])).map(({ name }) => name)).toEqual(['a', 'b']);
});

test('a state that nobody knows yet is no alarm', async () => {
  sdk.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: 'a', StateValue: 'MUTED' as never }] });

  expect(await alarms.describe(['a'])).toEqual([{ name: 'a', state: 'INSUFFICIENT_DATA', reason: '' }]);
});

test.each([
  ['Throttling', 'TransientAwsError'],
  ['AccessDenied', 'AccessDenied'],
])('%s is a %s', async (name, expected) => {
  sdk.on(DescribeAlarmsCommand).rejects(Object.assign(new Error('no'), { name }));

  await expect(alarms.describe(['a'])).rejects.toThrow(expect.objectContaining({ name: expected }));
});
