import type { Ports } from '../../clients/ports.ts';
import { checkConfigOnly } from '../check-config-only.ts';
import type { DeployOptions } from '../deploy-options.ts';
import { tell } from '../print.ts';
import { publishConfig } from '../publish-config.ts';
import { readConfigFile } from '../read-input-files.ts';
import { renderConfigOnly } from '../render/render-config-only.ts';
import { styleOf } from '../render/style.ts';
import { type StartedDeployment, startExecution } from '../start-execution.ts';
import type { World } from '../world.ts';

/**
 * `rollgate deploy --config-only`: the artifact of the stable release with this configuration. Says what is different
 * before anything is published or started.
 */
export async function deployConfig(world: World, ports: Ports, options: DeployOptions): Promise<StartedDeployment> {
  const file = await readConfigFile(world, ports, options.config);
  const { view } = await checkConfigOnly(ports, file, options.hosts);
  tell(world, options, ...renderConfigOnly(view, styleOf(world.stdout)), '');
  await publishConfig(world, ports, file.yaml, options);
  return startExecution(
    world,
    ports,
    'deploy',
    {
      configOnly: true,
      ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
    options,
  );
}
