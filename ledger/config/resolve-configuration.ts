import type { Ports } from '../../clients/ports.ts';
import { environmentLookups, resolveEnvironment } from '../../core/config/resolve-environment.ts';
import type { HostConfiguration } from '../../core/model/release-manifest.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';

/** What would reach the hosts of this configuration now, with every address looked up. Throws InvalidDeploymentError. */
export async function resolveConfiguration(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  config: ServiceConfig,
): Promise<HostConfiguration> {
  const found = await Promise.all(
    environmentLookups(config, ports.stage.name).map(
      async ({ key, tags }) => [key, await ports.inventory.hosts(tags)] as const,
    ),
  );
  return resolveEnvironment(config, Object.fromEntries(found), ports.stage.name);
}
