import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Alarm, AlarmState } from '../../core/model/alarm-reading.ts';
import type { Alarms } from '../ports.ts';
import type { Call } from './call.ts';
import { everyPage, inParts } from './pages.ts';

export interface CloudWatchAlarmsOptions {
  readonly cloudWatch: CloudWatchClient;
  readonly call: Call;
}

/** Names in one DescribeAlarms, and alarms on one page. */
const pageSize = 100;

/** Metric and composite alarms. Composite ones are told only to who may describe every alarm. */
export function createCloudWatchAlarms({ cloudWatch, call }: CloudWatchAlarmsOptions): Alarms {
  return {
    async describe(names) {
      const found: Alarm[] = [];
      for (const AlarmNames of inParts(names, pageSize)) {
        await everyPage(async (token) => {
          const page = await call('cloudwatch:DescribeAlarms', AlarmNames.join(', '), (options) =>
            cloudWatch.send(
              new DescribeAlarmsCommand({
                AlarmNames: [...AlarmNames],
                // Without it composite alarms are left out.
                AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
                MaxRecords: pageSize,
                ...token,
              }),
              options,
            ),
          );
          found.push(...[...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])].map(toAlarm));
          return page.NextToken;
        });
      }
      return found;
    },
  };
}

function toAlarm(alarm: {
  readonly AlarmName?: string | undefined;
  readonly StateValue?: string | undefined;
  readonly StateReason?: string | undefined;
}): Alarm {
  return { name: alarm.AlarmName ?? '', state: stateOf(alarm.StateValue), reason: alarm.StateReason ?? '' };
}

/** A word that CloudWatch did not have yet is no alarm. */
function stateOf(value: string | undefined): AlarmState {
  return value === 'OK' || value === 'ALARM' ? value : 'INSUFFICIENT_DATA';
}
