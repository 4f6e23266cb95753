import { readFileSync } from 'node:fs';
import type { Alarms, Clock } from '../../clients/ports.ts';
import type { Alarm, AlarmState } from '../../core/model/alarm-reading.ts';
import { writeAtomically } from '../atomic-file.ts';
import { hasCode } from '../has-code.ts';
import { type AlarmEvent, alarmStateChange } from './alarm-state-change.ts';

/** CloudWatch's alarms, simulated: they are in the state that somebody puts them in, and watch no metric. */
export interface AlarmStore extends Alarms {
  /** As `aws cloudwatch set-alarm-state`, but that it makes an alarm that is not there. A change is told to the bus. */
  set(name: string, state: AlarmState, reason: string): void;
  remove(name: string): void;
}

export interface AlarmStoreOptions {
  /** Where they outlive the process; in memory alone where absent. */
  readonly file?: string;
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly onChange: (event: AlarmEvent) => void;
}

export function createAlarmStore({ file, region, clock, onChange }: AlarmStoreOptions): AlarmStore {
  const alarms = new Map<string, Alarm>(read(file).map((alarm) => [alarm.name, alarm]));

  function keep(): void {
    if (file !== undefined) {
      writeAtomically(file, `${JSON.stringify([...alarms.values()], null, 2)}\n`);
    }
  }

  return {
    describe: async (names) =>
      names.flatMap((name) => {
        const alarm = alarms.get(name);
        return alarm === undefined ? [] : [alarm];
      }),
    set(name, state, reason) {
      const previous = alarms.get(name)?.state ?? 'INSUFFICIENT_DATA';
      const alarm: Alarm = { name, state, reason: `simulated: ${reason}` };
      alarms.set(name, alarm);
      keep();
      if (state !== previous) {
        onChange(alarmStateChange({ alarm, previous, region, now: clock.now() }));
      }
    },
    remove(name) {
      alarms.delete(name);
      keep();
    },
  };
}

function read(file: string | undefined): readonly Alarm[] {
  if (file === undefined) {
    return [];
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as readonly Alarm[];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
}
