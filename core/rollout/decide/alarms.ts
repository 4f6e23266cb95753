import { oneLine } from '../../diagnosis/finding.ts';
import type { Alarm, AlarmReading, SeenAlarm } from '../../model/alarm-reading.ts';
import { reason } from '../../model/reasons.ts';
import type { Failure, RolloutFacts } from '../../model/rollout-facts.ts';
import type { AlarmConfig, RolloutConfig } from '../../model/service-config.ts';

/** Letters of CloudWatch's sentence that are kept. */
const maxReasonLength = 300;

/** The policy with the name of the stage in the names of its alarms. */
export function alarmsOfStage(alarms: readonly AlarmConfig[], stageName: string): readonly AlarmConfig[] {
  return alarms.map((alarm) => ({ ...alarm, name: alarm.name.replaceAll('{stage}', stageName) }));
}

/**
 * The alarms that are asked about a deployment. A rollback is never stopped by one, for the alarm may be why somebody goes
 * back; nor is a converge, which brings nothing new, nor what turns back already.
 */
export function alarmsToAsk({
  admitted,
  plan,
  decisions,
  isRepair,
}: Pick<RolloutFacts, 'admitted' | 'plan' | 'decisions' | 'isRepair'>): readonly AlarmConfig[] {
  const turnsBack = decisions.some(({ failure }) => failure !== undefined);
  return isRepair || turnsBack || !haveAlarmsASay(admitted) ? [] : alarmsOf(plan.policy);
}

/** Whether alarms can stop such a deployment at all. */
export function haveAlarmsASay({
  trigger,
  isRollback,
}: Pick<RolloutFacts['admitted'], 'trigger' | 'isRollback'>): boolean {
  return trigger !== 'converge' && !isRollback;
}

/** A plan that was written before there were alarms has none. */
export function alarmsOf(policy: Pick<Partial<RolloutConfig>, 'alarms'>): readonly AlarmConfig[] {
  return policy.alarms ?? [];
}

/** The alarms of the policy, each with what CloudWatch says of it. */
export function readAlarms(asked: readonly AlarmConfig[], found: readonly Alarm[]): AlarmReading {
  const alarms = asked.map((alarm): SeenAlarm => {
    const seen = found.find(({ name }) => name === alarm.name);
    return seen === undefined
      ? { ...alarm, state: null, reason: '' }
      : { ...alarm, state: seen.state, reason: oneLine(seen.reason).slice(0, maxReasonLength) };
  });
  return { kind: 'read', alarms };
}

/** `rollout.alarms: …` for each alarm that CloudWatch does not have. */
export function absentAlarms(asked: readonly AlarmConfig[], found: readonly Alarm[]): readonly string[] {
  const names = new Set(found.map(({ name }) => name));
  return asked
    .filter(({ name }) => !names.has(name))
    .map(
      ({ name }) =>
        `rollout.alarms: CloudWatch has no alarm ${name} in this account and region; create it, or take it out`,
    );
}

/** The alarms in ALARM that have a say. */
export function firingAlarms(reading: AlarmReading): readonly SeenAlarm[] {
  return reading.kind === 'read'
    ? reading.alarms.filter((alarm) => alarm.state === 'ALARM' && !alarm.isReportOnly)
    : [];
}

/** Why the rollout turns back, where an alarm with a say is in ALARM. */
export function failureOfAlarms(reading: AlarmReading): Failure | null {
  const firing = firingAlarms(reading);
  if (firing.length === 0) {
    return null;
  }
  const alarms = firing.map(({ name, reason: why }) => (why === '' ? name : `${name} (${why})`)).join(', ');
  return {
    reason: reason('alarm-firing', { alarms, count: firing.length }),
    errorName: 'GateFailedError',
    keepsHosts: false,
  };
}

/** What a person should know of a reading that decided nothing, one sentence each. */
export function alarmRemarks(reading: AlarmReading): readonly string[] {
  switch (reading.kind) {
    case 'notAsked':
      return [];
    case 'unreadable':
      return [`the alarms could not be read, so the gates decided alone: ${reading.why}`];
    case 'read':
      return reading.alarms.flatMap(({ name, state, reason: why, isReportOnly }) => {
        if (state === null) {
          return [`the alarm ${name} is not there any more`];
        }
        return state === 'ALARM' && isReportOnly ? [`the alarm ${name} is in ALARM: ${why} (report only)`] : [];
      });
  }
}
