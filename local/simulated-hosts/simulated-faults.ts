import { type HostFailure, hostFailures } from '../../core/model/host-report.ts';
import type { HostAction } from '../../core/model/statuses.ts';

/**
 * What a test makes go wrong with the next command of one kind on one host: a word of the scripts (the script fails, or
 * refuses, and says so), or what keeps a report from coming.
 */
export type SimulatedFault = HostFailure | AgentFault;

const agentFaults = [
  /** The host goes down before anything is done; nobody reports. */
  'offline',
  /** The same, after everything was done. */
  'offline-after',
  /** The agent takes the command and neither runs nor reports it. */
  'lost-command',
  /** The command has its effect, its result is lost. */
  'lost-result',
  /** The script hangs before its effect and is killed at the execution timeout. */
  'timed-out',
  /** The script is killed after its effect and before its report: no JSON, exit code 70. */
  'no-report',
] as const;
type AgentFault = (typeof agentFaults)[number];

/** Faults that wait in line; each strikes once, first come, first served. */
export interface SimulatedFaultQueue {
  given(instanceId: string, action: HostAction, fault: SimulatedFault, times?: number): void;
  take(instanceId: string, action: HostAction): SimulatedFault | undefined;
  /** How many have not struck. */
  pending(): number;
}

export function createSimulatedFaultQueue(): SimulatedFaultQueue {
  const queue: { readonly instanceId: string; readonly action: HostAction; readonly fault: SimulatedFault }[] = [];
  return {
    given(instanceId, action, fault, times = 1) {
      for (let time = 0; time < times; time += 1) queue.push({ instanceId, action, fault });
    },
    take(instanceId, action) {
      const index = queue.findIndex((entry) => entry.instanceId === instanceId && entry.action === action);
      return index === -1 ? undefined : queue.splice(index, 1)[0]?.fault;
    },
    pending: () => queue.length,
  };
}

export function isHostFailure(fault: SimulatedFault): fault is HostFailure {
  return (hostFailures as readonly string[]).includes(fault);
}
