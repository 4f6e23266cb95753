import type { AlarmConfig } from './service-config.ts';

/** The words of CloudWatch. Too little data is no alarm: a metric that nobody writes at night would hold up every release. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm as CloudWatch has it. */
export interface Alarm {
  readonly name: string;
  readonly state: AlarmState;
  /** CloudWatch's own sentence on how it came to be in this state. */
  readonly reason: string;
}

/** One alarm of the policy as it was found; null where it is not there (any more). */
export interface SeenAlarm extends AlarmConfig {
  readonly state: AlarmState | null;
  readonly reason: string;
}

/** What a look at the alarms came to. */
export type AlarmReading =
  /** There are none, or they have no say in this deployment. */
  | { readonly kind: 'notAsked' }
  | { readonly kind: 'read'; readonly alarms: readonly SeenAlarm[] }
  /** CloudWatch gave no answer: the rollout goes on by its gates, and the record says so. */
  | { readonly kind: 'unreadable'; readonly why: string };
