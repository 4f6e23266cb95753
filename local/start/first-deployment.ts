import { readFile } from 'node:fs/promises';
import { awaitExecution, type StartedDeployment } from '../../cli/start-execution.ts';
import type { World } from '../../cli/world.ts';
import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { stableRelease } from '../../core/model/target-state.ts';
import { publishServiceConfig, readServiceYaml } from '../../ledger/config/service-config.ts';
import { readState } from '../../ledger/lock/target-state.ts';

export interface FirstDeployment extends StartedDeployment {
  /** What is done, for a person: one sentence a line. */
  readonly says: readonly string[];
}

/**
 * The deployment of `npm start`: the sample where nothing is stable yet, else the stable release once more, which changes
 * nothing on hosts that run it and proves that they do.
 */
export async function startFirstDeployment(
  ports: Ports,
  world: World,
  sample: { readonly configFile: string; readonly zipFile: string },
): Promise<FirstDeployment> {
  const kept = await publishFirst(ports, world, sample.configFile);
  const stable = stableRelease(await readState(ports));
  if (stable === undefined) {
    const version = await ports.artifacts.upload(await readFile(sample.zipFile));
    const name = executionNames.ofUpload(version.bucket, version.key, version.versionId);
    const started = await awaitExecution(world, ports, ports.executions.arnOf(name));
    return { ...started, says: ['the sample payment service goes to every host', ...kept] };
  }
  const release = releaseName(stable.release);
  const { executionArn } = await ports.executions.start(executionNames.ofPerson('start', world.uniqueId()), {
    release,
    by: world.user,
    reason: 'npm start',
  });
  const started = await awaitExecution(world, ports, executionArn);
  return { ...started, says: [`${release} is stable already and is verified on every host`, ...kept] };
}

/** A configuration that a person has put in force stays; it is said where the file differs. */
async function publishFirst(ports: Ports, world: World, configFile: string): Promise<readonly string[]> {
  const yaml = await readFile(configFile, 'utf8');
  const inForce = await readServiceYaml(ports);
  if (inForce === undefined) {
    await publishServiceConfig(ports, yaml, world.user);
    return [];
  }
  const file = `services/${ports.stage.service}.yml`;
  return inForce === yaml
    ? []
    : [`the configuration in force is kept; ${file} differs from it, and npx rollgate deploy puts that in force`];
}
