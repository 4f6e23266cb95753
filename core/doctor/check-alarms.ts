import type { ServiceConfig } from '../model/service-config.ts';
import { alarmsOfStage, firingAlarms, readAlarms } from '../rollout/decide/alarms.ts';
import { type Check, checkOf, checksAbout } from './check.ts';
import type { DoctorFacts } from './facts.ts';

/** Every alarm of the configuration must be there; one in ALARM ends each deployment before it starts. */
export function checkAlarms(facts: DoctorFacts, { rollout }: ServiceConfig): readonly Check[] {
  const { good, warning, failed } = checksAbout('alarms');
  const asked = alarmsOfStage(rollout.alarms, facts.stage.name);
  if (asked.length === 0) {
    return [];
  }
  const none = (): Check => good('the configuration names none');
  return checkOf('alarms', facts, facts.alarms, none, (found) => {
    const reading = readAlarms(asked, found);
    const firing = firingAlarms(reading);
    return (reading.kind === 'read' ? reading.alarms : []).map((alarm) => {
      if (alarm.state === null) {
        return failed(
          `CloudWatch has no alarm ${alarm.name} in ${facts.stage.region}, so every deployment but a rollback is refused`,
          `# create it, or take it out of rollout.alarms in ${facts.file.path}, then: rollgate configure`,
        );
      }
      return firing.includes(alarm)
        ? warning(
            `${alarm.name} is in ALARM, so a deployment would end before it starts: ${alarm.reason}`,
            '# wait until it is well; a rollback does not ask it',
          )
        : good(`${alarm.name} is ${alarm.state}${alarm.isReportOnly ? ', and only reports' : ''}`);
    });
  });
}
