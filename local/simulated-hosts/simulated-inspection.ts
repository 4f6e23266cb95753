import type { HostInspection } from '../../core/model/host-inspection.ts';
import type { SimulatedState } from './simulated-state.ts';

/** What `inspect` says of a simulated host, which has no files: what it runs, and whether that is up. */
export function inspectSimulated(state: SimulatedState, service: string, now: number): HostInspection {
  const isOurs = state.running !== 'none' && state.running !== 'v0';
  return {
    schema: 1,
    script: 'inspect',
    service,
    running: state.running,
    isActive: state.isActive,
    atSeconds: Math.floor(now / 1000),
    findings: isOurs && !state.isActive ? [{ kind: 'not-active', what: 'inactive (dead)' }] : [],
    more: {},
    isSimulated: true,
  };
}
