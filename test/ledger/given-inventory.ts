import { readFileSync } from 'node:fs';
import type { Host, Inventory } from '../../clients/ports.ts';
import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';

/** Of `test/fixtures/accepted/service-config/`. */
export function configOf(fixture: string): ServiceConfig {
  return parseServiceConfig(readFileSync(`test/fixtures/accepted/service-config/${fixture}.yml`, 'utf8'));
}

/** An instance of this service on the stage `local`. */
export function hostOf(name: string, more: Partial<Host> = {}): Host {
  return {
    instanceId: `i-${name}`,
    name,
    zone: 'eu-west-1a',
    privateAddress: '10.0.0.1',
    isSimulated: true,
    tags: { Service: 'payment', Stage: 'local' },
    state: 'running',
    ping: 'Online',
    ...more,
  };
}

/** EC2 with these instances in it. */
export function inventoryOf(...hosts: readonly Host[]): Inventory {
  return {
    hosts: async (tags) =>
      hosts.filter((host) => Object.entries(tags).every(([key, value]) => host.tags[key] === value)),
    stateOf: async (instanceId) => hosts.find((host) => host.instanceId === instanceId)?.state ?? 'terminated',
  };
}

/** The problems that it is refused with. */
export async function problemsOf(refused: Promise<unknown>): Promise<readonly string[]> {
  const error = await refused.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof InvalidDeploymentError) return error.problems;
  throw new Error('it was not refused', { cause: error });
}
