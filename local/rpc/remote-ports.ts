import type {
  Alarms,
  ArtifactStore,
  Clock,
  Commands,
  Executions,
  Inventory,
  Ledger,
  Ports,
  SecurityGroups,
  Stage,
} from '../../clients/ports.ts';
import { connectEngine, type EngineConnection } from './connect-engine.ts';
import type { RpcMethods } from './serve-rpc.ts';

/** Every asynchronous method of every port; a port that gains one fails to compile here. */
const portMethods = {
  ledger: { read: true, create: true, replace: true, put: true, remove: true, list: true } satisfies Record<
    keyof Ledger,
    true
  >,
  artifacts: { versions: true, read: true, copyToLedger: true, readCopy: true, upload: true } satisfies Record<
    keyof ArtifactStore,
    true
  >,
  inventory: { hosts: true, stateOf: true } satisfies Record<keyof Inventory, true>,
  securityGroups: { ends: true } satisfies Record<keyof SecurityGroups, true>,
  commands: { documents: true, send: true, find: true, invocation: true, cancel: true } satisfies Record<
    keyof Commands,
    true
  >,
  executions: { start: true, describe: true, stop: true, taskSucceeded: true, taskFailed: true } satisfies Record<
    Exclude<keyof Executions, 'arnOf'>,
    true
  >,
  alarms: { describe: true } satisfies Record<keyof Alarms, true>,
} as const;

type PortName = keyof typeof portMethods;
type AnyMethod = (...given: never[]) => Promise<unknown>;

/** What does not change while the engine runs: asked for once. */
interface Welcome {
  readonly stage: Stage;
  /** ARNs of executions are made without asking. */
  readonly executionArnPrefix: string;
}

const welcomeMethod = 'welcome';

/** The ports as methods for serveRpc: `ledger.read`, `executions.start`, … */
export function methodsOfPorts(ports: Ports): RpcMethods {
  const welcome: Welcome = { stage: ports.stage, executionArnPrefix: ports.executions.arnOf('') };
  const methods = Object.entries(portMethods).flatMap(([port, names]) =>
    Object.keys(names).map((name) => {
      const holder = ports[port as PortName] as unknown as Readonly<Record<string, AnyMethod>>;
      return [`${port}.${name}`, async (...given: never[]) => holder[name]?.(...given)] as const;
    }),
  );
  return { ...Object.fromEntries(methods), [welcomeMethod]: async () => welcome };
}

/** The engine's ports, called over its socket. Throws NoEngineError where there is no engine. */
export async function createRemotePorts(socketPath: string): Promise<Ports> {
  return portsOver(await connectEngine(socketPath));
}

/** The ports over a connection that is there already. */
async function portsOver(connection: EngineConnection): Promise<Ports> {
  const { stage, executionArnPrefix } = (await connection.call(welcomeMethod)) as Welcome;
  function remote<P extends PortName>(port: P): Ports[P] {
    const methods = Object.keys(portMethods[port]).map((name) => [
      name,
      (...given: readonly unknown[]) => connection.call(`${port}.${name}`, ...given),
    ]);
    return Object.fromEntries(methods) as Ports[P];
  }
  return {
    stage,
    clock: localClock,
    ledger: remote('ledger'),
    artifacts: remote('artifacts'),
    inventory: remote('inventory'),
    securityGroups: remote('securityGroups'),
    commands: remote('commands'),
    alarms: remote('alarms'),
    executions: { ...remote('executions'), arnOf: (name) => `${executionArnPrefix}${name}` },
  };
}

/** The engine runs on this machine: its clock is ours. */
const localClock: Clock = {
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};
