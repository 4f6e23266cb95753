import type { ArtifactVersion } from '../../../../clients/ports.ts';
import type { Chronicle } from '../chronicle.ts';

/**
 * No upload gets the lock by itself when a newer one has been admitted, or when a person has deployed a newer version. The
 * order is that of the bucket.
 */
export function uploadsKeepTheirOrder(
  newestFirst: readonly ArtifactVersion[],
  { states, requests }: Chronicle,
): readonly string[] {
  const rankOf = (versionId: string): number =>
    newestFirst.length - newestFirst.findIndex((version) => version.versionId === versionId);
  const broken: string[] = [];
  const admitted = new Set<string>();
  let holder: string | undefined;
  for (const { state } of states) {
    const { lock, queue } = state;
    if (lock !== null && lock.deploymentId !== holder) {
      const own = uploadOf(requests, lock.deploymentId);
      const newer = [...admitted].filter((versionId) => own !== undefined && rankOf(versionId) > rankOf(own));
      if (newer.length > 0) {
        broken.push(`${lock.deploymentId} deploys ${own} after ${newer.join(', ')}, which is newer, was admitted`);
      }
    }
    holder = lock?.deploymentId;
    const asked = holder === undefined ? undefined : requests.get(holder)?.upload?.versionId;
    if (asked !== undefined) admitted.add(asked);
    for (const { versionId } of queue) if (versionId !== null) admitted.add(versionId);
  }
  return broken;
}

function uploadOf(requests: Chronicle['requests'], deploymentId: string): string | undefined {
  const request = requests.get(deploymentId)?.request;
  return request?.kind === 'upload' ? request.versionId : undefined;
}
