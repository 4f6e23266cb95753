import type { Ports } from '../clients/ports.ts';
import type { Alarm } from '../core/model/alarm-reading.ts';
import { InvalidDeploymentError } from '../core/model/errors.ts';
import type { ServiceConfig } from '../core/model/service-config.ts';
import { absentAlarms, alarmsOfStage } from '../core/rollout/decide/alarms.ts';

/** The alarms of the configuration as they are now. Throws InvalidDeploymentError with a sentence for each that is absent. */
export async function findAlarms(
  ports: Pick<Ports, 'stage' | 'alarms'>,
  config: Pick<ServiceConfig, 'rollout'>,
): Promise<readonly Alarm[]> {
  const asked = alarmsOfStage(config.rollout.alarms, ports.stage.name);
  const found = asked.length === 0 ? [] : await ports.alarms.describe(asked.map(({ name }) => name));
  const absent = absentAlarms(asked, found);
  if (absent.length > 0) {
    throw new InvalidDeploymentError(absent);
  }
  return found;
}
