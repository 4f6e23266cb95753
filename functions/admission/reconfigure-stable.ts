import type { Ports } from '../../clients/ports.ts';
import type { DeploymentRequest } from '../../core/model/deployment-request.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { checkArtifactOf } from '../../core/release/artifact-check.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import { resolveConfiguration } from '../../ledger/config/resolve-configuration.ts';
import {
  numberRelease,
  previewRelease,
  readStableArtifact,
  type StoredRelease,
} from '../../ledger/release/releases.ts';

type ConfigRequest = Extract<DeploymentRequest, { readonly kind: 'config' }>;

/**
 * The artifact of the stable release with the configuration in force. It is not the newest upload, which may be one that
 * failed. The bytes are those that the stable release keeps: they are not copied again.
 */
export async function reconfigureStable(
  request: ConfigRequest,
  config: ServiceConfig,
  state: TargetState,
  ports: Ports,
): Promise<StoredRelease> {
  const { manifest, bytes } = await readStableArtifact(ports, state);
  const { requirementsSha256 } = await checkArtifactOf(manifest, bytes, config);
  const configuration = await resolveConfiguration(ports, config);
  const artifact = { ...manifest.artifact, requirementsSha256 };
  const createdAt = new Date(ports.clock.now()).toISOString();
  const build = (number: number) =>
    buildManifest({ number, artifact, zipKey: manifest.zipKey, createdAt, configuration });
  return request.isDryRun ? previewRelease(ports, build) : numberRelease(ports, build);
}
