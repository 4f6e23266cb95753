import type { Probe } from '../balancer/target-group.ts';
import type { HostMachine } from '../hosts/host-machine.ts';
import type { HostAgent } from '../run-command/host-agent.ts';
import type { Upstreams } from '../upstreams/provision-upstreams.ts';
import type { InventoryEntry } from './inventory.ts';

/** The hosts of the local stage, real or simulated, as the engine works with them. */
export interface LocalTarget {
  readonly kind: 'nspawn' | 'simulated';
  /** Why the hosts are simulated, and what to install to have real ones. */
  readonly whySimulated?: string;
  /** The hosts that are deployed to, then those of the upstreams. */
  readonly machines: readonly HostMachine[];
  readonly entries: readonly Omit<InventoryEntry, 'ping'>[];
  agentOf(instanceId: string): HostAgent | undefined;
  /** How the simulated load balancer asks whether a host is well. */
  readonly probe: Probe;
  /** What the service calls, to look at and to break; none where the hosts are simulated. */
  readonly upstreams?: Upstreams;
  /**
   * Lets packets to this address and port of an upstream vanish, or no longer: what a security group without the rule does
   * to them. Absent where the hosts are simulated and have no network.
   */
  dropPackets?(address: string, port: number, isDropped: boolean): Promise<void>;
  /** Told when a host goes down or comes up. */
  onPower(listener: (instanceId: string) => void): void;
  stop(): Promise<void>;
}

/** What a target needs of the engine. */
export interface TargetOptions {
  readonly stateDirectory: string;
  readonly rootsDirectory: string;
  readonly readObject: (key: string) => Promise<Uint8Array | undefined>;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}
