import type { Ports } from '../clients/ports.ts';
import { stageLabel } from '../core/views/stage-label.ts';
import { publishServiceConfig } from '../ledger/config/service-config.ts';
import { askerOf } from './asker.ts';
import { tell } from './print.ts';
import type { CommonOptions, World } from './world.ts';

/** Puts a configuration in force, and says so where it is another one than before. */
export async function publishConfig(world: World, ports: Ports, yaml: string, options: CommonOptions): Promise<void> {
  const { isChanged } = await publishServiceConfig(ports, yaml, askerOf(world, ports, options));
  if (isChanged) {
    tell(world, options, `published  the configuration of ${ports.stage.service} on ${stageLabel(ports.stage)}`);
  }
}
