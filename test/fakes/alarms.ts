import type { Alarms } from '../../clients/ports.ts';
import type { Alarm } from '../../core/model/alarm-reading.ts';
import { type TellDeed, tellNobody } from './deeds.ts';

/** CloudWatch in memory: these alarms, or this failure, as they are when it is asked. */
export function createFakeAlarms(alarms: () => readonly Alarm[] | Error, tell: TellDeed = tellNobody): Alarms {
  return {
    async describe(names) {
      tell(`describe ${names.join(', ')}`);
      const found = alarms();
      if (found instanceof Error) throw found;
      return found.filter((alarm) => names.includes(alarm.name));
    },
  };
}
