import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Ports } from '../clients/ports.ts';
import { documentName } from '../core/model/names.ts';
import { logTo } from '../functions/runtime/log.ts';
import { providePorts } from '../functions/runtime/ports.ts';
import { buildDocuments } from '../infra/documents/build-documents.ts';
import { type AlarmStore, createAlarmStore } from './alarms/alarm-store.ts';
import { type OpenBalancer, openBalancer } from './balancer/open-balancer.ts';
import { createEventBus } from './engine/event-bus.ts';
import { stepFunctions } from './engine/functions.ts';
import { instanceRunning } from './engine/instance-running.ts';
import { createInventory } from './engine/inventory.ts';
import type { LocalTarget } from './engine/local-target.ts';
import { createLocalSecurityGroups, type LocalSecurityGroups } from './engine/security-groups.ts';
import { openSimulatedTarget } from './engine/simulated-target.ts';
import { artifactKey, localStage, passwordParameter, paymentInstances, servicePort } from './engine/stage.ts';
import { openSystemdTarget } from './engine/systemd-target.ts';
import type { ParameterRefusal } from './host-endpoints/parameter-endpoint.ts';
import { createParameterStore, type ParameterStore } from './host-endpoints/parameter-store.ts';
import { discardHosts } from './hosts/fleet.ts';
import { ensureHostTools, probeHosts } from './hosts/host-tools.ts';
import { canReachPackageIndex } from './hosts/package-index.ts';
import type { HostRoot } from './hosts/standard-roots.ts';
import { createFileArtifacts } from './ledger/file-artifacts.ts';
import { createFileLedger } from './ledger/file-ledger.ts';
import { methodsOfPorts } from './rpc/remote-ports.ts';
import { type RpcMethods, serveRpc } from './rpc/serve-rpc.ts';
import { type CommandFaultQueue, createCommandFaultQueue } from './run-command/command-faults.ts';
import { createLocalCommands } from './run-command/local-commands.ts';
import type { RunCommand } from './run-command/run-command.ts';
import type { Definition } from './state-machine/definition.ts';
import { createExecutions, type LocalExecutions } from './state-machine/executions.ts';
import { createSystemClock } from './state-machine/timer-clock.ts';

export interface EngineOptions {
  /** Everything that survives the process: `.rollgate`. */
  readonly stateDirectory: string;
  /** Cached root file systems, shared by engines; `<stateDirectory>/roots` where absent. */
  readonly rootsDirectory?: string;
  /** `auto`: real hosts where they can run, else simulated ones with the reason. */
  readonly hosts: 'auto' | 'nspawn' | 'simulated';
  /** Starts anew: forgets ledger, uploads and hosts, keeps the cached roots. */
  readonly fresh: boolean;
  /** What real hosts are booted from; `bare` where absent. */
  readonly hostRoot?: HostRoot;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The embedded engine: everything that AWS does for Rollgate, in this process. */
export interface Engine {
  readonly ports: Ports;
  readonly kind: 'nspawn' | 'simulated';
  /** Why the hosts are simulated. */
  readonly whySimulated?: string;
  readonly socketPath: string;
  readonly target: LocalTarget;
  readonly executions: LocalExecutions;
  readonly runCommand: RunCommand;
  readonly parameters: ParameterStore;
  /** The simulated load balancer in front of the hosts; only a configuration with `loadBalancer` makes use of it. */
  readonly balancer: OpenBalancer['group'];
  /** Simulated CloudWatch alarms; none unless somebody sets one. */
  readonly alarms: AlarmStore;
  /** Simulated faults of Run Command; none unless somebody asks for one. */
  readonly faults: CommandFaultQueue;
  /** Simulated records of what lets the hosts reach their upstreams, enforced on booted hosts. */
  readonly securityGroups: LocalSecurityGroups;
  /** Simulated: from now on SSM refuses every host's read of a parameter like this; null ends it. */
  refuseParameters(refusal: ParameterRefusal | null): void;
  /** Stops hosts and servers and leaves nothing on the machine; running executions are repaired at the next start. */
  stop(): Promise<void>;
}

/** The safety net below the events, as the stack schedules it. */
const sweepMilliseconds = 300_000;

/** What `fresh` forgets besides the hosts, whose folders may still be mounted. */
const forgotten = [
  'ledger',
  'uploads',
  'executions',
  'commands',
  'simulated',
  'dead-letters',
  'parameters.json',
  'balancer.json',
  'alarms.json',
];

/**
 * Brings the engine up over its state directory: adopts what an earlier run left there, makes executions that died with
 * it ABORTED, and lets the repair path put right what they left. Throws where another engine runs there.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const stateDirectory = resolve(options.stateDirectory);
  const rootsDirectory = options.rootsDirectory ?? join(stateDirectory, 'roots');
  const at = (name: string): string => join(stateDirectory, name);
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const socketPath = at('engine.sock');
  // The socket is taken first: it is what makes this the one engine of the directory. Its methods come when all is up.
  const methods: Record<string, RpcMethods[string]> = {};
  const socket = await serveRpc(socketPath, methods);
  let target: LocalTarget | undefined;
  let balancer: OpenBalancer | undefined;
  try {
    if (options.fresh) {
      await discardHosts(stateDirectory);
      await Promise.all(forgotten.map((name) => rm(at(name), { recursive: true, force: true })));
    }
    const clock = createSystemClock();
    const log = (line: string): void => appendFileSync(at('engine.log'), `${new Date().toISOString()} ${line}\n`);
    logTo(log);
    const bus = createEventBus({ clock, deadLetters: at('dead-letters'), log });
    const { region, service, stateBucket, artifactBucket } = localStage;
    const ledger = await createFileLedger({
      directory: at('ledger'),
      bucket: stateBucket,
      region,
      clock,
      onCreated: (event) => {
        if (event.detail.object.key.startsWith(`rollgate/${service}/control/`)) bus.deliver('OnControlWritten', event);
      },
    });
    const artifacts = await createFileArtifacts({
      directory: at('uploads'),
      bucket: artifactBucket,
      key: artifactKey,
      region,
      ledger,
      clock,
      onCreated: (event) => bus.deliver('OnArtifactUploaded', event),
    });
    const parameters = createParameterStore(stateDirectory, () => clock.now());
    if (parameters.get(passwordParameter) === undefined) {
      parameters.put(passwordParameter, randomBytes(18).toString('base64url'));
    }
    const readObject = async (key: string) => (await ledger.readObject(key))?.body;
    let refusal: ParameterRefusal | null = null;
    const parameterRefusal = () => refusal;
    target = await openTarget({
      ...options,
      stateDirectory,
      rootsDirectory,
      readObject,
      parameters,
      parameterRefusal,
    });
    const hosts = target;
    const faults = createCommandFaultQueue();
    const { commands, runCommand } = createLocalCommands({
      ...{
        service,
        stage: localStage.name,
        documents: buildDocuments(),
        clock,
        region,
        stateDir: stateDirectory,
        faults,
        log,
      },
      agentOf: (instanceId) => hosts.agentOf(instanceId),
      onEvent: (event) => {
        // As the rule on AWS: what a person looks at is no step of a deployment.
        const isOfStep =
          event['detail-type'] === 'EC2 Command Invocation Status-change Notification' &&
          event.detail['document-name'] !== documentName(service, localStage.name, 'inspect');
        if (isOfStep) {
          bus.deliver('OnCommandStatus', event);
        }
      },
    });
    hosts.onPower((instanceId) => {
      runCommand.hostChanged(instanceId);
      const isUp = hosts.machines.some((host) => host.instanceId === instanceId && host.isRunning());
      if (isUp) bus.deliver('OnInstanceRunning', instanceRunning(instanceId, region, clock.now()));
    });
    const definition = new URL('../state-machine/rollout.asl.json', import.meta.url);
    const executions = await createExecutions({
      definition: JSON.parse(await readFile(definition, 'utf8')) as Definition,
      functions: stepFunctions,
      service,
      region,
      clock,
      directory: at('executions'),
      onStatusChange: (event) => bus.deliver('OnExecutionStatus', event),
    });
    const inventory = createInventory(
      hosts.entries.map((entry) => ({ ...entry, ping: () => runCommand.ping(entry.instance.instanceId) })),
    );
    const securityGroups = createLocalSecurityGroups(hosts);
    balancer = openBalancer({
      stateDirectory,
      service,
      stage: localStage.name,
      region,
      now: () => clock.now(),
      probe: hosts.probe,
      targets: paymentInstances.map(({ instanceId }) => ({ instanceId, port: servicePort })),
    });
    const { group } = balancer;
    const stage = { ...localStage, isSimulated: hosts.kind === 'simulated' };
    const alarms = createAlarmStore({
      file: at('alarms.json'),
      region,
      clock,
      onChange: (event) => bus.deliver('OnAlarmChanged', event),
    });
    const ports: Ports = {
      stage,
      clock,
      ledger,
      artifacts,
      inventory,
      securityGroups,
      commands,
      executions,
      alarms,
      balancer: balancer.port,
    };
    providePorts(() => ports);
    await executions.recover();
    bus.deliver('SweepLocks', {});
    const sweep = setInterval(() => bus.deliver('SweepLocks', {}), sweepMilliseconds);
    Object.assign(methods, methodsOfPorts(ports));
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      clearInterval(sweep);
      bus.close();
      await socket.close();
      // Handlers at work still need executions and hosts.
      await bus.idle();
      await executions.close();
      runCommand.close();
      balancer?.close();
      await hosts.stop();
    };
    return {
      securityGroups,
      balancer: group,
      ports,
      kind: hosts.kind,
      socketPath,
      target: hosts,
      executions,
      runCommand,
      parameters,
      faults,
      alarms,
      ...(hosts.whySimulated === undefined ? {} : { whySimulated: hosts.whySimulated }),
      refuseParameters: (how) => {
        refusal = how;
      },
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    balancer?.close();
    await target?.stop();
    await socket.close();
    throw error;
  }
}

type OpenOptions = Parameters<typeof openSystemdTarget>[0] extends infer Needed
  ? Omit<Needed & EngineOptions, 'hostRoot' | 'rootsDirectory'> & {
      readonly rootsDirectory: string;
      readonly hostRoot?: HostRoot;
    }
  : never;

async function openTarget(options: OpenOptions): Promise<LocalTarget> {
  if (options.hosts === 'simulated') {
    return openSimulatedTarget({ ...options, why: 'asked for with --hosts simulated' });
  }
  const why = await whyNoSystemdHosts(options);
  if (why === undefined) {
    return openSystemdTarget({ ...options, hostRoot: options.hostRoot ?? 'bare' });
  }
  if (options.hosts === 'nspawn') {
    throw new Error(why);
  }
  return openSimulatedTarget({ ...options, why });
}

/** Why real hosts can't run here, in one sentence with what helps; undefined where they can. */
export async function whyNoSystemdHosts(
  options: Pick<EngineOptions, 'stateDirectory' | 'onProgress' | 'signal'>,
): Promise<string | undefined> {
  const { onProgress, stateDirectory, signal } = options;
  const why =
    (await ensureHostTools({ onProgress, ...(signal === undefined ? {} : { signal }) })) ??
    (await probeHosts(stateDirectory));
  if (why !== undefined) {
    return why;
  }
  return (await canReachPackageIndex())
    ? undefined
    : 'no Python package index can be reached, and real hosts install their packages from it: set pip up (pip config set global.index-url …) to have them';
}
