import type { ArtifactVersion, Ports } from '../../clients/ports.ts';
import { sha256Hex } from '../../core/model/canonical-json.ts';
import type { DeploymentRequest } from '../../core/model/deployment-request.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import type { ServiceConfig } from '../../core/model/service-config.ts';
import type { UploadedVersion } from '../../core/model/target-state.ts';
import { checkArtifact } from '../../core/release/artifact-check.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import { resolveConfiguration } from '../../ledger/config/resolve-configuration.ts';
import { previewRelease, type StoredRelease, storeRelease } from '../../ledger/release/releases.ts';

type UploadRequest = Extract<DeploymentRequest, { readonly kind: 'newest' | 'version' | 'upload' }>;

/** A release, and the version of the artifact that it was asked for with, if one was. */
export interface RequestedRelease extends StoredRelease {
  readonly upload?: UploadedVersion;
}

/** Checks the uploaded bytes and numbers them together with the configuration; a dry run stores nothing. */
export async function makeRelease(
  request: UploadRequest,
  config: ServiceConfig,
  ports: Ports,
): Promise<RequestedRelease> {
  const version = await versionOf(request, ports);
  const bytes = await ports.artifacts.read(version.versionId);
  const checked = await checkArtifact(bytes, config);
  const configuration = await resolveConfiguration(ports, config);
  const createdAt = new Date(ports.clock.now()).toISOString();
  const artifact = {
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
    bucket: version.bucket,
    key: version.key,
    versionId: version.versionId,
    requirementsSha256: checked.requirementsSha256,
  };
  const build = (number: number, zipKey: string) =>
    buildManifest({ number, artifact, zipKey, createdAt, configuration });
  const isDryRun = 'isDryRun' in request && request.isDryRun;
  const stored = await (isDryRun ? previewRelease(ports, build) : storeRelease(ports, build));
  return { ...stored, upload: { versionId: version.versionId, uploadedAt: version.uploadedAt } };
}

async function versionOf(request: UploadRequest, ports: Ports): Promise<ArtifactVersion> {
  const versions = await ports.artifacts.versions();
  if (request.kind === 'newest') {
    const newest = versions[0];
    if (newest === undefined) {
      throw new InvalidDeploymentError(
        `artifact: nothing was uploaded to s3://${ports.stage.artifactBucket} yet; upload a zip, or name a release`,
      );
    }
    return newest;
  }
  const version = versions.find((each) => each.versionId === request.versionId);
  if (version === undefined) {
    throw new InvalidDeploymentError(
      `${request.kind === 'upload' ? 'upload' : 'versionId'}: version ${request.versionId} is not in s3://${ports.stage.artifactBucket}; ` +
        'it was deleted or never there. Name a release instead: it has a copy of its own',
    );
  }
  return version;
}
