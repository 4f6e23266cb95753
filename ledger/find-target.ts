import type { Ports } from '../clients/ports.ts';
import { type ChosenTarget, chooseTarget, type TargetFacts } from '../core/admission/choose-target.ts';
import { differingWithin } from '../core/lock/differing-hosts.ts';
import { type ServiceConfig, targetTags } from '../core/model/service-config.ts';
import type { TargetState } from '../core/model/target-state.ts';
import { readServiceConfig } from './config/service-config.ts';

interface More extends Pick<TargetFacts, 'seen'> {
  /** A rollback leaves offline hosts out, whatever the policy says: one dead host never blocks the way back. */
  readonly isRollback?: boolean;
}

/** The hosts that a deployment would go to now; `seen` is left out where a request is only checked. Throws InvalidDeploymentError. */
export async function findTarget(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  named: readonly string[] | undefined,
  { isRollback = false, ...looks }: More = {},
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  const offlineHosts = isRollback ? 'skip' : config.rollout.offlineHosts;
  return chooseTarget({ tags, found, named, offlineHosts, ...looks });
}

/**
 * Those of the hosts to converge that are there now: one that went away or offline since does not keep the others
 * waiting. Throws InvalidDeploymentError where none is left.
 */
export async function findConverging(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
  hosts: readonly string[],
  looks: Pick<TargetFacts, 'seen'> = {},
): Promise<ChosenTarget> {
  const tags = targetTags(config, ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  const there = hosts.filter((instanceId) => found.some((host) => host.instanceId === instanceId));
  const named = there.length === 0 ? hosts : there;
  const offlineElsewhere = config.rollout.offlineHosts;
  const chosen = chooseTarget({ tags, found, named, offlineHosts: 'skip', offlineElsewhere, ...looks });
  return { ...chosen, isWholeTarget: false };
}

/**
 * The state without differing hosts that do not carry the tags of the target any more. Reads the configuration and asks
 * for hosts only if some differ. Throws InvalidDeploymentError.
 */
export async function withinTarget(
  ports: Pick<Ports, 'stage' | 'ledger' | 'inventory'>,
  state: TargetState,
): Promise<TargetState> {
  if (Object.keys(state.differing).length === 0) {
    return state;
  }
  const found = await ports.inventory.hosts(targetTags(await readServiceConfig(ports), ports.stage.name));
  const ids = found.map((host) => host.instanceId);
  return { ...state, differing: differingWithin(state.differing, ids) };
}
