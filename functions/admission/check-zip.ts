import type { Ports } from '../../clients/ports.ts';
import { mayLackZip, missingZipProblem, missingZipWarning } from '../../core/admission/missing-zip.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { type ReleaseManifest, releaseName } from '../../core/model/release-manifest.ts';
import { hasZip } from '../../ledger/release/releases.ts';
import type { Origin, OwnRequest } from './origin.ts';

/** Kinds that have just copied or read the zip of their release, or would copy it but for a dry run. */
const bringTheirZip: readonly OwnRequest['kind'][] = ['newest', 'version', 'upload', 'config'];

/**
 * Warnings where the zip of the release is gone and the deployment goes on without it. Throws InvalidDeploymentError where
 * it can't.
 */
export async function checkZip(
  origin: Origin,
  kind: OwnRequest['kind'],
  { number, zipKey }: ReleaseManifest,
  ports: Pick<Ports, 'ledger'>,
): Promise<readonly string[]> {
  if (bringTheirZip.includes(kind) || (await hasZip(ports, zipKey))) {
    return [];
  }
  if (!mayLackZip(kind, origin.kind === 'earlier' ? origin.deployment : undefined)) {
    throw new InvalidDeploymentError(missingZipProblem(kind, releaseName(number), zipKey));
  }
  return [missingZipWarning(releaseName(number), zipKey)];
}
