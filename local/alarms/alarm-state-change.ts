import type { Alarm, AlarmState } from '../../core/model/alarm-reading.ts';

/** CloudWatch's event as EventBridge delivers it, as far as anybody here reads it. */
export interface AlarmEvent {
  readonly source: 'aws.cloudwatch';
  readonly 'detail-type': 'CloudWatch Alarm State Change';
  readonly time: string;
  readonly region: string;
  readonly detail: {
    readonly alarmName: string;
    readonly state: { readonly value: AlarmState; readonly reason: string };
    readonly previousState: { readonly value: AlarmState };
  };
}

export function alarmStateChange(change: {
  readonly alarm: Alarm;
  readonly previous: AlarmState;
  readonly region: string;
  readonly now: number;
}): AlarmEvent {
  const { alarm, previous, region, now } = change;
  return {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    time: new Date(now).toISOString(),
    region,
    detail: {
      alarmName: alarm.name,
      state: { value: alarm.state, reason: alarm.reason },
      previousState: { value: previous },
    },
  };
}
