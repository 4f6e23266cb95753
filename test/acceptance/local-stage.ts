import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { executionNames } from '../../core/admission/execution-names.ts';
import type { DeploymentOutcome } from '../../core/model/deployment-records.ts';
import { publishServiceConfig } from '../../ledger/config/service-config.ts';
import { deploymentIdOf } from '../../ledger/keys.ts';
import { readOutcome } from '../../ledger/rollout/deployments.ts';
import { passwordParameter } from '../../local/engine/stage.ts';
import { type Engine, startEngine, whyNoSystemdHosts } from '../../local/engine.ts';
import type { HostMachine } from '../../local/hosts/host-machine.ts';
import type { HostRoot } from '../../local/hosts/standard-roots.ts';
import { makeArtifact } from '../../samples/make-zip.ts';

const repository = new URL('../../', import.meta.url).pathname;

/** Says on a visible line why host tests do not run here; they then count as skipped. */
export async function whyNoHostTests(): Promise<string | undefined> {
  const why = await whyNoSystemdHosts({ stateDirectory: join(repository, '.rollgate'), onProgress: () => undefined });
  if (why !== undefined) console.warn(`SKIPPED: host tests: ${why}`);
  return why;
}

/** How a test's engine ended a deployment, with the execution that it ran in. */
export interface Ended {
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly outcome: DeploymentOutcome;
}

/** A whole local stage for the tests: engine, three booted hosts, upstreams with RabbitMQ. */
export interface LocalStage {
  readonly engine: Engine;
  readonly hosts: readonly HostMachine[];
  /** Uploads a variant of the sample, as `aws s3 cp` does, without waiting for anything. */
  upload(variant: string, version?: string): Promise<{ readonly executionArn: string }>;
  /** Uploads and waits for the end. */
  deploy(variant: string): Promise<Ended>;
  /** Starts an execution as a person does in the console. */
  start(input: unknown): Promise<{ readonly executionArn: string }>;
  /** The same, and waits for the end. */
  run(input: unknown): Promise<Ended>;
  /** Waits until an execution has ended. */
  ended(executionArn: string): Promise<Ended>;
  /** Publishes another configuration. */
  publish(change?: (yaml: string) => string): Promise<void>;
  /** Orders in RabbitMQ. */
  orders(): Promise<number>;
  /** The service's AMQP password as SSM has it. */
  password(): string;
  /** Gives RabbitMQ and SSM this password. */
  usePassword(password: string): Promise<void>;
  /** Gives SSM another password for as long as `action` takes. */
  withPassword(password: string, action: () => Promise<void>): Promise<void>;
  /** How often hosts have downloaded anything from the ledger. */
  downloads(): Promise<number>;
  readonly directory: string;
}

/** Starts a stage of its own in `.rollgate/<name>`; the cached root file systems are shared. */
export async function startStage(
  name: string,
  options: {
    readonly fresh?: boolean;
    readonly change?: (yaml: string) => string;
    readonly hostRoot?: HostRoot;
  } = {},
): Promise<LocalStage> {
  const directory = join(repository, '.rollgate', name);
  const engine = await startEngine({
    stateDirectory: directory,
    rootsDirectory: join(repository, '.rollgate', 'roots'),
    hosts: 'nspawn',
    fresh: options.fresh ?? true,
    hostRoot: options.hostRoot ?? 'ready',
    onProgress: () => undefined,
  });
  const { ports, executions } = engine;

  async function ended(executionArn: string): Promise<Ended> {
    const info = await executions.ended(executionArn);
    if (info === undefined) throw new Error(`${executionArn} was never started`);
    const deploymentId = deploymentIdOf(executionArn, info.startedAt);
    const outcome = await readOutcome(ports, deploymentId);
    if (outcome === undefined) {
      throw new Error(`${deploymentId} has no outcome: ${info.status} ${info.error} ${info.cause}`);
    }
    return { deploymentId, executionArn, outcome };
  }

  async function publish(change: (yaml: string) => string = (yaml) => yaml): Promise<void> {
    const yaml = await readFile(join(repository, 'services/payment.yml'), 'utf8');
    await publishServiceConfig(ports, change(yaml), 'test');
  }

  async function upload(variant: string, version?: string): Promise<{ executionArn: string }> {
    const bytes = await makeArtifact(variant, version === undefined ? {} : { version });
    const { bucket, key, versionId } = await ports.artifacts.upload(bytes);
    const name = executionNames.ofUpload(bucket, key, versionId);
    const executionArn = ports.executions.arnOf(name);
    await until(async () => (await ports.executions.describe(executionArn)) !== undefined, `the start of ${name}`);
    return { executionArn };
  }

  async function start(input: unknown): Promise<{ executionArn: string }> {
    return ports.executions.start(executionNames.ofPerson('test', crypto.randomUUID()), input);
  }

  await publish(options.change);
  return {
    engine,
    hosts: engine.target.machines.slice(0, 3),
    upload,
    deploy: async (variant) => ended((await upload(variant)).executionArn),
    start,
    run: async (input) => ended((await start(input)).executionArn),
    ended,
    publish,
    orders: () => {
      if (engine.target.upstreams === undefined) throw new Error('simulated hosts have no RabbitMQ');
      return engine.target.upstreams.broker.queueDepth('orders');
    },
    password: () => engine.parameters.get(passwordParameter)?.value ?? '',
    usePassword: async (password) => {
      await engine.target.upstreams?.broker.setPassword(password);
      engine.parameters.put(passwordParameter, password);
    },
    withPassword: async (password, action) => {
      const before = engine.parameters.get(passwordParameter)?.value ?? '';
      engine.parameters.put(passwordParameter, password);
      try {
        await action();
      } finally {
        engine.parameters.put(passwordParameter, before);
      }
    },
    downloads: async () => {
      const log = await readFile(join(directory, 'access.log'), 'utf8').catch(() => '');
      return log.split('\n').filter((line) => line.includes('GetObject')).length;
    },
    directory,
  };
}

/** Waits for a named state with a deadline; looks again every 50 ms. */
export async function until(isSo: () => Promise<boolean>, what: string, seconds = 180): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs a command on a host and gives its trimmed output; throws where it fails. */
export async function on(host: HostMachine, ...argv: readonly string[]): Promise<string> {
  const result = await host.exec(argv);
  if (result.code !== 0) throw new Error(`${host.name}: ${argv.join(' ')}: ${result.stderr}`);
  return result.stdout.trim();
}

export function mainPid(host: HostMachine): Promise<string> {
  return on(host, 'systemctl', 'show', '--property=MainPID', '--value', 'payment.service');
}
