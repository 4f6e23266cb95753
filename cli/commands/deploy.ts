import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import { stageLabel } from '../../core/views/stage-label.ts';
import { readServiceConfig } from '../../ledger/config/service-config.ts';
import { findTarget } from '../../ledger/find-target.ts';
import { readRelease } from '../../ledger/release/releases.ts';
import { checkRequest } from '../check-request.ts';
import { CliError } from '../cli-error.ts';
import type { DeployOptions } from '../deploy-options.ts';
import { followToExit } from '../follow-to-exit.ts';
import { nextLine, printJson, printLines, tell } from '../print.ts';
import { publishConfig } from '../publish-config.ts';
import { readConfigFile, readZipFile } from '../read-input-files.ts';
import { releaseOption } from '../release-option.ts';
import { sizeText } from '../render/table.ts';
import { withNext } from '../report-error.ts';
import { awaitExecution, type StartedDeployment, startExecution } from '../start-execution.ts';
import type { CommonOptions, World } from '../world.ts';
import { deployConfig } from './deploy-config.ts';
import { plan } from './plan.ts';

/** `rollgate deploy`: a zip, a release, the newest or another upload, or the configuration alone; then follows what it started. */
export async function deploy(world: World, zip: string | undefined, options: DeployOptions): Promise<number> {
  refuseContradictions(zip, options);
  const ports = await world.connect(options);
  if ((zip !== undefined || options.configOnly) && options.dryRun) {
    return plan(world, zip, options);
  }
  const started = await startDeployment(world, ports, zip, options);
  if (!options.wait) {
    reportStarted(world, ports, started, options);
    return 0;
  }
  return followToExit(world, ports, started, options, 'rollgate plan');
}

function startDeployment(
  world: World,
  ports: Ports,
  zip: string | undefined,
  options: DeployOptions,
): Promise<StartedDeployment> {
  if (options.configOnly) {
    return deployConfig(world, ports, options);
  }
  return zip === undefined ? deployKnown(world, ports, options) : deployZip(world, ports, zip, options);
}

/** Nothing is published or uploaded before all of it has been found right. */
async function deployZip(world: World, ports: Ports, path: string, options: DeployOptions): Promise<StartedDeployment> {
  const file = await readConfigFile(world, ports, options.config);
  const zip = await readZipFile(world, path);
  await checkRequest(ports, file, { bytes: zip, source: path }, undefined);
  await publishConfig(world, ports, file.yaml, options);
  const version = await ports.artifacts.upload(zip);
  tell(
    world,
    options,
    `uploaded  ${path} (${sizeText(zip.length)}) to s3://${version.bucket}/${version.key} as version ${version.versionId}`,
  );
  const name = executionNames.ofUpload(version.bucket, version.key, version.versionId);
  return awaitExecution(world, ports, ports.executions.arnOf(name));
}

/** A release, or an upload that is there. What admission would refuse of the hosts is refused before it leaves a record. */
async function deployKnown(world: World, ports: Ports, options: DeployOptions): Promise<StartedDeployment> {
  const { release, versionId } = options;
  if (release !== undefined) {
    await withNext('rollgate releases', () => readRelease(ports, releaseOption('--release', release)));
  }
  if (versionId !== undefined) {
    await requireUpload(ports, versionId);
  }
  if (release !== undefined || options.dryRun) {
    const config = await withNext('rollgate deploy', () => readServiceConfig(ports));
    await withNext('rollgate status', () => findTarget(ports, config, options.hosts));
  } else {
    const file = await readConfigFile(world, ports, options.config);
    await checkRequest(ports, file, null, options.hosts);
    await publishConfig(world, ports, file.yaml, options);
  }
  return startExecution(
    world,
    ports,
    'deploy',
    {
      ...(release === undefined ? {} : { release }),
      ...(versionId === undefined ? {} : { versionId }),
      ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.dryRun ? { dryRun: true } : {}),
    },
    options,
  );
}

async function requireUpload(ports: Ports, versionId: string): Promise<void> {
  const versions = await ports.artifacts.versions();
  if (!versions.some((each) => each.versionId === versionId)) {
    throw new CliError(
      `--version-id: version ${versionId} is not in s3://${ports.stage.artifactBucket}; it was deleted or never there`,
      'rollgate releases',
      2,
    );
  }
}

function refuseContradictions(zip: string | undefined, options: DeployOptions): void {
  const refuse = (message: string, next: string): never => {
    throw new CliError(message, next, 2);
  };
  if (options.configOnly && (zip !== undefined || options.release !== undefined)) {
    refuse(
      `--config-only takes the artifact of the stable release; leave ${zip === undefined ? '--release' : 'the zip'} out`,
      'rollgate deploy --config-only',
    );
  }
  if (options.versionId !== undefined && (zip !== undefined || options.configOnly || options.release !== undefined)) {
    refuse(
      '--version-id names what to deploy: leave the zip, --release and --config-only out',
      'rollgate deploy --help',
    );
  }
  if (zip !== undefined && options.release !== undefined) {
    refuse('a zip and --release both name what to deploy; give one of them', 'rollgate deploy --help');
  }
  if (zip !== undefined && options.hosts !== undefined) {
    refuse(
      'a new zip goes to the whole target; --hosts goes with --release, or with no zip for the newest upload',
      'rollgate releases',
    );
  }
  if (zip !== undefined && options.reason !== undefined) {
    refuse(
      '--reason does not go with a zip: the upload itself starts the deployment, and carries no reason',
      `rollgate deploy ${zip}`,
    );
  }
  if (options.release !== undefined && options.config !== undefined) {
    refuse('--config does not go with --release: a release holds its configuration', 'rollgate deploy --help');
  }
  if (zip === undefined && !options.configOnly && options.dryRun && options.config !== undefined) {
    refuse(
      `--config does not go with --dry-run of ${options.versionId === undefined ? 'the newest' : 'an earlier'} upload: it would be planned with the configuration in force`,
      `rollgate plan --config ${options.config}`,
    );
  }
}

function reportStarted(world: World, ports: Ports, started: StartedDeployment, options: CommonOptions): void {
  if (options.json) {
    printJson(world.stdout, started);
    return;
  }
  printLines(world.stdout, [
    `started  ${started.deploymentId} of ${ports.stage.service} on ${stageLabel(ports.stage)}`,
    nextLine(`rollgate status ${started.deploymentId} --watch`, world),
  ]);
}
