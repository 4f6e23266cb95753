import type { ArtifactBucket } from './artifact-bucket.ts';
import type { SimulatedTarget } from './simulated-target.ts';
import type { StateBucket } from './state-bucket.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorldPast } from './world-past.ts';

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
