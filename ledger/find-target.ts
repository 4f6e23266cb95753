import type { Ports } from '../clients/ports.ts';
import { type ChosenTarget, chooseTarget } from '../core/admission/choose-target.ts';
import { type ServiceConfig, targetTags } from '../core/config/service-config.ts';

/** The hosts that a deployment would go to now. Throws InvalidDeploymentError. */
export async function findTarget(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  named: readonly string[] | undefined,
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  return chooseTarget({ tags, found, named, offlineHosts: config.rollout.offlineHosts });
}

/**
 * Those of the hosts to converge that are there now: one that went away or offline since does not keep the others
 * waiting. Throws InvalidDeploymentError where none is left.
 */
export async function findConverging(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  hosts: readonly string[],
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  const there = hosts.filter((instanceId) => found.some((host) => host.instanceId === instanceId));
  const chosen = chooseTarget({ tags, found, named: there.length === 0 ? hosts : there, offlineHosts: 'skip' });
  return { ...chosen, isWholeTarget: false };
}
