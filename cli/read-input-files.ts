import type { Ports } from '../clients/ports.ts';
import { parseServiceConfig } from '../core/config/parse-service-config.ts';
import type { ServiceConfig } from '../core/model/service-config.ts';
import { CliError } from './cli-error.ts';
import { withNext } from './report-error.ts';
import type { World } from './world.ts';

export interface ConfigFile {
  readonly path: string;
  readonly yaml: string;
  readonly config: ServiceConfig;
}

/** The configuration file named, else the one of the stage's service. Throws CliError with all its problems. */
export async function readConfigFile(
  world: World,
  ports: Pick<Ports, 'stage'>,
  path: string | undefined,
): Promise<ConfigFile> {
  const file = path ?? world.configPath(ports.stage.service);
  const bytes = await readOrRefuse(world, file, 'name the configuration with --config');
  const yaml = new TextDecoder().decode(bytes);
  const config = await withNext(`correct ${file}, then: rollgate plan`, () => parseServiceConfig(yaml));
  return { path: file, yaml, config };
}

/** The bytes of the zip that a person named. */
export function readZipFile(world: World, path: string): Promise<Uint8Array> {
  return readOrRefuse(world, path, 'name a zip file: rollgate deploy payment.zip');
}

async function readOrRefuse(world: World, path: string, next: string): Promise<Uint8Array> {
  try {
    return await world.readFile(path);
  } catch (error) {
    throw new CliError(`${path}: ${whyUnread(error)}`, next, 2, { cause: error });
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'is a directory, not a file';
    case 'EACCES':
      return 'may not be read by this user';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
