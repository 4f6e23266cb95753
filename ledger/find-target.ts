import type { Ports } from '../clients/ports.ts';
import { type ChosenTarget, chooseTarget, type TargetFacts } from '../core/admission/choose-target.ts';
import { type ServiceConfig, targetTags } from '../core/config/service-config.ts';

/** What deployments last saw of the hosts; nothing where a request is only checked. */
type LastLooks = Pick<TargetFacts, 'seen'>;

/** The hosts that a deployment would go to now. Throws InvalidDeploymentError. */
export async function findTarget(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  named: readonly string[] | undefined,
  looks: LastLooks = {},
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  return chooseTarget({ tags, found, named, offlineHosts: config.rollout.offlineHosts, ...looks });
}

/**
 * Those of the hosts to converge that are there now: one that went away or offline since does not keep the others
 * waiting. Throws InvalidDeploymentError where none is left.
 */
export async function findConverging(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  hosts: readonly string[],
  looks: LastLooks = {},
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  const there = hosts.filter((instanceId) => found.some((host) => host.instanceId === instanceId));
  const named = there.length === 0 ? hosts : there;
  const chosen = chooseTarget({ tags, found, named, offlineHosts: 'skip', ...looks });
  return { ...chosen, isWholeTarget: false };
}
