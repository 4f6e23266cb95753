import { type BalancerProxy, startProxy } from '../balancer/proxy.ts';
import type { Engine } from '../engine.ts';

/**
 * The front door of the simulated load balancer, on a free port of this machine: a request goes on to one of the booted hosts
 * that are registered and healthy. Undefined where the hosts are simulated: they have no port to pass a request on to.
 */
export async function openFrontDoor({
  kind,
  balancer,
  target,
}: Pick<Engine, 'kind' | 'balancer'> & { readonly target: Pick<Engine['target'], 'entries'> }): Promise<
  BalancerProxy | undefined
> {
  if (kind === 'simulated') {
    return undefined;
  }
  const addresses = new Map(target.entries.map((entry) => [entry.instance.instanceId, entry.privateAddress]));
  return startProxy({ group: balancer, addressOf: (instanceId) => addresses.get(instanceId) });
}
