import { agentFaults } from './agent-faults.ts';
import type { Fault } from './fault.ts';
import { hostFaults } from './host-faults.ts';
import { platformFaults } from './platform-faults.ts';
import { releaseFaults } from './release-faults.ts';
import { upstreamFaults } from './upstream-faults.ts';

/** Every fault that is tried, in the order of the table. */
export const catalogue: readonly Fault[] = [
  ...releaseFaults,
  ...upstreamFaults,
  ...hostFaults,
  ...agentFaults,
  ...platformFaults,
];
