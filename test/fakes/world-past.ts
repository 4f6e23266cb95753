import type { SimulatedState } from '../../local/simulated-hosts/simulated-state.ts';
import type { ArtifactBucket, Uploaded } from './artifact-bucket.ts';
import type { SimulatedTarget } from './simulated-target.ts';
import type { StateBucket } from './state-bucket.ts';
import type { VirtualTime } from './virtual-time.ts';

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

export function pastOf(world: {
  readonly time: VirtualTime;
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly target: SimulatedTarget;
  readonly executions: number;
}): WorldPast {
  const { time, bucket, artifacts, target, executions } = world;
  const hosts = target.fleet.machines.map(
    ({ instanceId }) => [instanceId, target.fleet.host(instanceId).state()] as const,
  );
  return {
    at: time.now(),
    objects: bucket.objects(),
    uploads: artifacts.contents(),
    hosts: new Map(hosts),
    executions,
  };
}
