import type { Ports } from '../clients/ports.ts';
import { type ChosenTarget, chooseTarget } from '../core/choose-target.ts';
import { type ServiceConfig, targetTags } from '../core/service-config.ts';

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
