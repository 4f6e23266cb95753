import type { SimulatedState } from '../../local/simulated-hosts/simulated-state.ts';
import type { Uploaded } from './artifact-bucket.ts';

/** What is left of a world in which nothing goes on: to make it once and to copy it is faster than to make it each time. */
export interface WorldPast {
  /** ms */
  readonly at: number;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly uploads: readonly Uploaded[];
  /** By instance id. */
  readonly hosts: ReadonlyMap<string, SimulatedState>;
  /** Executions that were started; nobody knows them any more. */
  readonly executions: number;
}
