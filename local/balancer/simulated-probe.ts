import { serves } from '../simulated-hosts/serves.ts';
import type { SimulatedFleet } from '../simulated-hosts/simulated-fleet.ts';
import type { Probe } from './target-group.ts';

/** A health check of a simulated host, which has no port to ask: what its state says. */
export function createSimulatedProbe(fleet: Pick<SimulatedFleet, 'host'>): Probe {
  return async ({ instanceId }) =>
    serves(fleet.host(instanceId).state())
      ? { isOk: true }
      : { isOk: false, reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
}
