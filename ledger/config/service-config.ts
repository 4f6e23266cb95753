import { createHash } from 'node:crypto';
import type { Ports } from '../../clients/ports.ts';
import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';
import { encode, readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';

/** `service.json`: the configuration in force, as the text that people wrote. */
interface PublishedConfig {
  readonly yaml: string;
  readonly sha256: string;
  readonly publishedAt: string;
  readonly by: string;
}

/** The configuration in force. Throws InvalidDeploymentError where none was published or it is broken. */
export async function readServiceConfig(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<ServiceConfig> {
  const { service } = ports.stage;
  const yaml = await readServiceYaml(ports);
  if (yaml === undefined) {
    throw new InvalidDeploymentError(
      `no configuration of ${service} was published yet; publish services/${service}.yml with rollgate deploy`,
    );
  }
  return parsedOnce(yaml);
}

let newest: { readonly yaml: string; readonly config: ServiceConfig } | undefined;

/** Parsed again only where the text is another: a process meets the same one in most of its calls. */
function parsedOnce(yaml: string): ServiceConfig {
  if (newest?.yaml !== yaml) {
    newest = { yaml, config: parseServiceConfig(yaml) };
  }
  return newest.config;
}

/** The text of the configuration in force; undefined where none was published yet. */
export async function readServiceYaml(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<string | undefined> {
  return (await readJson<PublishedConfig>(ports.ledger, keys.serviceConfig(ports.stage.service)))?.yaml;
}

/** Puts a configuration in force for the releases that are made from now on. Throws InvalidDeploymentError first. */
export async function publishServiceConfig(
  ports: Pick<Ports, 'stage' | 'ledger' | 'clock'>,
  yaml: string,
  by: string,
): Promise<{ readonly isChanged: boolean }> {
  const config = parseServiceConfig(yaml);
  const { service } = ports.stage;
  if (config.service !== service) {
    throw new InvalidDeploymentError(`service: this stage deploys ${service}, but the file is about ${config.service}`);
  }
  const sha256 = createHash('sha256').update(yaml).digest('hex');
  const before = await readJson<PublishedConfig>(ports.ledger, keys.serviceConfig(service));
  if (before?.sha256 === sha256) {
    return { isChanged: false };
  }
  const published: PublishedConfig = { yaml, sha256, publishedAt: new Date(ports.clock.now()).toISOString(), by };
  await ports.ledger.put(keys.serviceConfig(service), encode(published));
  return { isChanged: true };
}
