import type { SimulatedState } from './simulated-state.ts';

/** Whether the simulated host answers the front end. */
export function serves(state: SimulatedState): boolean {
  const behaviour = state.releases[state.running]?.behaviour.kind ?? 'well';
  const isWell = behaviour === 'well' || behaviour === 'pip-failed';
  return state.isPoweredOn && state.isActive && state.running !== 'none' && isWell;
}
