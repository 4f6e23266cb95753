import type { TargetState } from '../model/target-state.ts';

/** An upload that a freeze has refused, and that is newer than what was deployed since. */
export interface RefusedUploadView {
  readonly versionId: string;
  /** ISO 8601; null where the bucket's time of it is not known. */
  readonly uploadedAt: string | null;
  readonly refusedAt: string;
  /** The deployment that ended `FailedClean`. */
  readonly deploymentId: string;
  /** The command that deploys it. */
  readonly next: string;
}

/** Newest first: a deployment of the first takes the place of the others. */
export function refusedUploadsView({
  refusedUploads = [],
}: Pick<TargetState, 'refusedUploads'>): readonly RefusedUploadView[] {
  return refusedUploads.map(({ versionId, uploadedAt, deploymentId, at }) => ({
    versionId,
    uploadedAt: uploadedAt ?? null,
    refusedAt: at,
    deploymentId,
    next: `rollgate deploy --version-id ${versionId}`,
  }));
}
