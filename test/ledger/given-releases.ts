import { sha256Hex } from '../../core/model/canonical-json.ts';
import type { ReleaseManifest } from '../../core/model/release-manifest.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import { configuration } from '../given/configuration.ts';

/** Bytes of an upload: the same name, the same bytes. */
export const zipOf = (name: string): Uint8Array => new TextEncoder().encode(`zip of ${name}`);

/** What an upload of these bytes makes of the number that it gets. */
export function buildOf(
  name: string,
  { versionId = `version of ${name}`, createdAt = '2026-11-22T20:45:00.000Z' } = {},
): (number: number, zipKey: string) => ReleaseManifest {
  const bytes = zipOf(name);
  const artifact = {
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
    bucket: 'roboshop-builds',
    key: 'payment.zip',
    versionId,
    requirementsSha256: 'b'.repeat(64),
  };
  return (number, zipKey) => buildManifest({ number, artifact, zipKey, createdAt, configuration });
}

export const contentOf = (name: string): string => buildOf(name)(1, '').contentSha256;
