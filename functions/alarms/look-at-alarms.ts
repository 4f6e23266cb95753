import type { Ports } from '../../clients/ports.ts';
import type { AlarmReading } from '../../core/model/alarm-reading.ts';
import type { RolloutFacts } from '../../core/model/rollout-facts.ts';
import type { AlarmConfig } from '../../core/model/service-config.ts';
import { alarmsToAsk, readAlarms } from '../../core/rollout/decide/alarms.ts';
import { writeLine } from '../runtime/log.ts';

type AlarmPorts = Pick<Ports, 'alarms' | 'clock'>;

/** Pauses between the looks; each of them has the SDK's own tries in it, and is over within ten seconds. */
const retryMilliseconds = [1000];

/**
 * Looks at these alarms. Never throws: a CloudWatch that gives no answer, or a role that may not ask, is a fault of the
 * platform, and must neither revert a good release nor hold it up.
 */
export async function lookAtAlarms(
  ports: AlarmPorts,
  asked: readonly AlarmConfig[],
  pauses: readonly number[] = retryMilliseconds,
): Promise<AlarmReading> {
  if (asked.length === 0) {
    return { kind: 'notAsked' };
  }
  for (const pause of [...pauses, null]) {
    try {
      return readAlarms(asked, await ports.alarms.describe(asked.map(({ name }) => name)));
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const mayPass = error instanceof Error && error.name === 'TransientAwsError';
      if (pause === null || !mayPass) {
        writeLine('warn', { note: 'the alarms could not be read', why });
        return { kind: 'unreadable', why };
      }
      await ports.clock.wait(pause);
    }
  }
  return { kind: 'notAsked' };
}

/** The facts with the alarms as they are now, where they have a say. Without pauses it is one look. */
export async function withAlarms(
  ports: AlarmPorts,
  facts: RolloutFacts,
  pauses?: readonly number[],
): Promise<RolloutFacts> {
  return { ...facts, alarms: await lookAtAlarms(ports, alarmsToAsk(facts), pauses) };
}
