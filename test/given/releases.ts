import { sha256Hex } from '../../core/model/canonical-json.ts';
import type { HostConfiguration, ReleaseManifest } from '../../core/model/release-manifest.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import { keys } from '../../ledger/keys.ts';
import { configuration } from './configuration.ts';
import { instant } from './deployment.ts';

/** The artifact of these bytes, uploaded as `version-<number>`. */
export function artifactOf(number: number, zip: Uint8Array, requirements = ''): ReleaseManifest['artifact'] {
  return {
    sha256: sha256Hex(zip),
    bytes: zip.length,
    bucket: 'roboshop-builds',
    key: 'payment.zip',
    versionId: `version-${number}`,
    requirementsSha256: sha256Hex(requirements),
  };
}

/** Release `v<number>` of this artifact, as its admission writes it. */
export function manifestOf(
  number: number,
  artifact: ReleaseManifest['artifact'],
  resolved: HostConfiguration = configuration,
): ReleaseManifest {
  const zipKey = keys.zip('payment', number);
  return buildManifest({ number, artifact, zipKey, createdAt: instant(number), configuration: resolved });
}
