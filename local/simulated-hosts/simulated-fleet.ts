import { join } from 'node:path';
import type { Clock } from '../../clients/ports.ts';
import type { DocumentKind, HostAction } from '../../core/model/statuses.ts';
import { readTextIfThere, writeAtomically } from '../atomic-file.ts';
import type { HostMachine } from '../hosts/host-machine.ts';
import type { HostAgent } from '../run-command/host-agent.ts';
import type { ArtifactView } from './inspect-artifact.ts';
import type { ReadObject } from './script-run.ts';
import { createSimulatedAgent } from './simulated-agent.ts';
import { createSimulatedFaultQueue, type SimulatedFault, type SimulatedFaultQueue } from './simulated-faults.ts';
import { createSimulatedHost, type SimulatedHost } from './simulated-host.ts';
import { freshState, type SimulatedState, simulatedStateSchema } from './simulated-state.ts';

/** Who a simulated host pretends to be. */
interface SimulatedHostSpec {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** `v0`: somebody has set the service up by hand. */
  readonly running?: 'none' | 'v0';
}

export interface SimulatedFleetOptions {
  readonly hosts: readonly SimulatedHostSpec[];
  readonly clock: Clock;
  readonly readObject: ReadObject;
  /** Hosts live on in `<stateDir>/simulated/<instanceId>.json`; without it as long as the fleet. */
  readonly stateDir?: string;
  readonly paceMilliseconds?: Readonly<Partial<Record<DocumentKind, number>>>;
  readonly inspect?: (zip: Uint8Array, requirementsFile: string) => Promise<ArtifactView>;
  /** A host went down or came up: Run Command's `hostChanged` wants to know. */
  readonly onPower?: (instanceId: string) => void;
}

export interface SimulatedFleet {
  /** As the inventory and the screens see them; `exec` is refused, there is no shell. */
  readonly machines: readonly HostMachine[];
  readonly faults: SimulatedFaultQueue;
  host(instanceId: string): SimulatedHost;
  /** For Run Command's `agentOf`. */
  agentOf(instanceId: string): HostAgent | undefined;
  /** The next command of this kind on this host goes wrong so, `times` times. */
  givenFault(instanceId: string, action: HostAction, fault: SimulatedFault, times?: number): void;
}

/** Simulated hosts all at once, each with its own state, sharing one queue of faults. */
export function createSimulatedFleet(options: SimulatedFleetOptions): SimulatedFleet {
  const faults = createSimulatedFaultQueue();
  const hosts = new Map(options.hosts.map((spec) => [spec.instanceId, createHost(options, spec, faults)]));
  const agents = new Map([...hosts].map(([instanceId, host]) => [instanceId, createSimulatedAgent(host)]));
  return {
    machines: options.hosts.flatMap((spec) => {
      const host = hosts.get(spec.instanceId);
      return host === undefined ? [] : [machineOf(spec, host)];
    }),
    faults,
    host(instanceId) {
      const host = hosts.get(instanceId);
      if (host === undefined) throw new TypeError(`${instanceId}: no such simulated host`);
      return host;
    },
    agentOf: (instanceId) => agents.get(instanceId),
    givenFault: (instanceId, action, fault, times) => faults.given(instanceId, action, fault, times),
  };
}

function createHost(
  options: SimulatedFleetOptions,
  spec: SimulatedHostSpec,
  faults: SimulatedFaultQueue,
): SimulatedHost {
  const { clock, readObject, stateDir, onPower } = options;
  const path = stateDir === undefined ? undefined : join(stateDir, 'simulated', `${spec.instanceId}.json`);
  const state = readState(path) ?? freshState(spec.running ?? 'none');
  let wasOn = state.isPoweredOn;
  return createSimulatedHost({
    instanceId: spec.instanceId,
    clock,
    readObject,
    state,
    faults,
    ...(options.paceMilliseconds === undefined ? {} : { paceMilliseconds: options.paceMilliseconds }),
    ...(options.inspect === undefined ? {} : { inspect: options.inspect }),
    onChange(next) {
      if (path !== undefined) writeAtomically(path, JSON.stringify(next, null, 2));
      if (next.isPoweredOn !== wasOn) {
        wasOn = next.isPoweredOn;
        onPower?.(spec.instanceId);
      }
    },
  });
}

function readState(path: string | undefined): SimulatedState | undefined {
  const text = path === undefined ? undefined : readTextIfThere(path);
  return text === undefined ? undefined : simulatedStateSchema.parse(JSON.parse(text));
}

function machineOf(spec: SimulatedHostSpec, host: SimulatedHost): HostMachine {
  const refuse = async (): Promise<never> => {
    throw new Error(`${spec.instanceId} is simulated: it has no shell and no files`);
  };
  return {
    instanceId: spec.instanceId,
    name: spec.name,
    zone: spec.zone,
    tags: spec.tags,
    addresses: spec.addresses,
    isSimulated: true,
    isRunning: () => host.isRunning(),
    exec: refuse,
    writeFile: refuse,
    powerOn: async () => host.powerOn(),
    powerOff: async () => host.powerOff(),
  };
}
