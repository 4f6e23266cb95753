import type { Ports } from '../../clients/ports.ts';
import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { environmentLookups, type FoundByLookup } from '../../core/config/resolve-environment.ts';
import { configWarnings } from '../../core/config/warnings.ts';
import { examineStage } from '../../core/doctor/doctor.ts';
import type { ConfigurationFacts, DoctorFacts } from '../../core/doctor/facts.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { type ServiceConfig, targetTags } from '../../core/model/service-config.ts';
import { alarmsOfStage } from '../../core/rollout/decide/alarms.ts';
import { readServiceYaml } from '../../ledger/config/service-config.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { CliError } from '../cli-error.ts';
import { asTyped, printJson, printLines } from '../print.ts';
import { renderDoctor } from '../render/render-doctor.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

/** The exit codes of what is not well, and of what could not even be asked. */
const unwellExitCode = 1;
const unreachableExitCode = 2;

/** `rollgate doctor`: everything that must be there for a deployment to succeed, and what to type where it is not. */
export async function doctor(world: World, options: CommonOptions): Promise<number> {
  const ports = await reach(() => world.connect(options));
  const report = examineStage(await readFacts(world, ports, options));
  const typed = withProfile(options);
  const checks = report.checks.map((check) => ({
    ...check,
    fix: check.fix.map((line) => asTyped(typed(line), world)),
  }));
  if (options.json) {
    printJson(world.stdout, { ...report, checks });
  } else {
    printLines(
      world.stdout,
      renderDoctor({ ...report, checks }, asTyped('rollgate doctor', world), styleOf(world.stdout)),
    );
  }
  return report.isWell ? 0 : unwellExitCode;
}

/** An engine that is not there has its own next step. */
async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'nextStep' in error) {
      throw new CliError(error.message, String(error.nextStep), unreachableExitCode, { cause: error });
    }
    throw error;
  }
}

/** The AWS CLI and osls have to be told the profile as well. */
function withProfile({ profile }: CommonOptions): (line: string) => string {
  return (line) =>
    profile === undefined || profile === ''
      ? line
      : line
          .replaceAll(/\baws (?=[a-z0-9]+ [a-z])/g, `aws --profile ${profile} `)
          .replaceAll(/\bnpx osls [a-z]+/g, `$& --aws-profile ${profile}`);
}

async function readFacts(world: World, ports: Ports, options: CommonOptions): Promise<DoctorFacts> {
  const { stage } = ports;
  const [yaml, fileYaml, state, inspector] = await Promise.all([
    readServiceYaml(ports),
    readFileOf(world, stage.service),
    readState(ports),
    world.inspectorOf(options),
  ]);
  const configuration = configurationOf(yaml);
  const inFile = configurationOf(fileYaml);
  const fileConfig = inFile.kind === 'valid' ? inFile.config : null;
  const config = configuration.kind === 'valid' ? configuration.config : fileConfig;
  const hosts = config === null ? [] : await ports.inventory.hosts(targetTags(config, stage.name));
  const [found, alarms, holder, aws] = await Promise.all([
    config === null ? {} : lookUp(ports, config),
    lookAtAlarms(ports, config),
    state.lock === null ? undefined : ports.executions.describe(state.lock.executionArn),
    inspector?.inspect({
      instanceIds: hosts.map((host) => host.instanceId),
      parameters: config === null ? [] : parametersOf(config, stage.name),
    }),
  ]);
  return {
    stage,
    configuration,
    file: {
      path: world.configPath(stage.service),
      isThere: fileYaml !== undefined,
      isInForce: fileYaml !== undefined && fileYaml === yaml,
      config: fileConfig,
    },
    hosts,
    found,
    alarms,
    state,
    holderStatus: holder?.status ?? null,
    aws: aws ?? null,
    version: world.version,
  };
}

function configurationOf(yaml: string | undefined): ConfigurationFacts {
  if (yaml === undefined) {
    return { kind: 'absent' };
  }
  try {
    const config = parseServiceConfig(yaml);
    return { kind: 'valid', config, warnings: configWarnings(config) };
  } catch (error) {
    if (error instanceof InvalidDeploymentError) {
      return { kind: 'broken', problems: error.problems };
    }
    throw error;
  }
}

async function readFileOf(world: World, service: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await world.readFile(world.configPath(service)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

async function lookUp(ports: Ports, config: ServiceConfig): Promise<FoundByLookup> {
  const found = await Promise.all(
    environmentLookups(config, ports.stage.name).map(
      async ({ key, tags }) => [key, await ports.inventory.hosts(tags)] as const,
    ),
  );
  return Object.fromEntries(found);
}

/** Who may not describe alarms is told so, beside all the rest. */
async function lookAtAlarms(ports: Ports, config: ServiceConfig | null): Promise<DoctorFacts['alarms']> {
  const names = alarmsOfStage(config?.rollout.alarms ?? [], ports.stage.name).map(({ name }) => name);
  try {
    return { kind: 'seen', value: names.length === 0 ? [] : await ports.alarms.describe(names) };
  } catch (error) {
    if (error instanceof Error && /^AccessDenied/.test(error.name)) {
      return { kind: 'unseen', why: error.message };
    }
    throw error;
  }
}

function parametersOf(config: ServiceConfig, stageName: string): readonly string[] {
  const names = Object.values(config.secrets).map(({ parameter }) => parameter.replaceAll('{stage}', stageName));
  return [...new Set(names)];
}
