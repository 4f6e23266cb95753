import type { Fault } from './fault.ts';
import { releaseFaults } from './release-faults.ts';
import { upstreamFaults } from './upstream-faults.ts';

/** Every fault that is tried, in the order of the table. */
export const catalogue: readonly Fault[] = [...releaseFaults, ...upstreamFaults];
