import type { Ports } from '../../clients/ports.ts';
import { configWarnings } from '../../core/config/warnings.ts';
import { stageLabel } from '../../core/views/stage-label.ts';
import { publishServiceConfig, readServiceYaml } from '../../ledger/config/service-config.ts';
import { askerOf } from '../asker.ts';
import { CliError } from '../cli-error.ts';
import { compareWithInForce } from '../compare-with-in-force.ts';
import type { ConfigureView } from '../configure-view.ts';
import { nextLine, printJson, printLines } from '../print.ts';
import { type ConfigFile, readConfigFile } from '../read-input-files.ts';
import { renderConfigure } from '../render/render-configure.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

export interface ConfigureOptions extends CommonOptions {
  readonly config?: string;
  readonly dryRun: boolean;
}

/** `rollgate configure`: puts a configuration in force without deploying, and says what is different. */
export async function configure(world: World, options: ConfigureOptions): Promise<number> {
  const ports = await world.connect(options);
  const file = await readConfigFile(world, ports, options.config);
  requireOwnService(ports, file);
  const inForce = await readServiceYaml(ports);
  const { kind, changes } = compareWithInForce(inForce, file);
  const isPublished = !options.dryRun && kind !== 'same';
  if (isPublished) {
    await publishServiceConfig(ports, file.yaml, askerOf(world, ports, options));
  }
  const view: ConfigureView = {
    service: ports.stage.service,
    stage: stageLabel(ports.stage),
    file: file.path,
    kind,
    changes,
    warnings: configWarnings(file.config),
    isPublished,
  };
  if (options.json) {
    printJson(world.stdout, view);
    return 0;
  }
  printLines(world.stdout, renderConfigure(view, styleOf(world.stdout)));
  if (kind !== 'same') {
    printLines(world.stdout, [nextLine(nextOf(options), world)]);
  }
  return 0;
}

function nextOf({ dryRun, config }: ConfigureOptions): string {
  return dryRun ? `rollgate configure${config === undefined ? '' : ` --config ${config}`}` : 'rollgate doctor';
}

function requireOwnService({ stage }: Pick<Ports, 'stage'>, { path, config }: ConfigFile): void {
  if (config.service !== stage.service) {
    throw new CliError(
      `${path}: this stage deploys ${stage.service}, but the file is about ${config.service}`,
      `rollgate configure --config services/${stage.service}.yml, or the same again with --service ${config.service}`,
      2,
    );
  }
}
