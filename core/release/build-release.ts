import { canonicalJson, sha256Hex } from '../model/canonical-json.ts';
import { type HostConfiguration, type ReleaseManifest, releaseName } from '../model/release-manifest.ts';

/** Hex digits of the content's hash that stand in a release id. */
const shortHashLength = 12;

/** SHA-256 over the artifact's SHA-256, a line break and the canonical JSON of the configuration: equal content, equal hash. */
export function contentSha256(artifactSha256: string, configuration: HostConfiguration): string {
  return sha256Hex(`${artifactSha256}\n${canonicalJson(configuration)}`);
}

/** `v42-1a2b3c4d5e6f` */
export function releaseIdOf(number: number, content: string): string {
  return `${releaseName(number)}-${content.slice(0, shortHashLength)}`;
}

export interface ReleaseFacts {
  readonly number: number;
  readonly artifact: ReleaseManifest['artifact'];
  /** Key, in the state bucket, of the immutable copy. */
  readonly zipKey: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly configuration: HostConfiguration;
}

/** The manifest of a new release. */
export function buildManifest(facts: ReleaseFacts): ReleaseManifest {
  const content = contentSha256(facts.artifact.sha256, facts.configuration);
  return {
    schema: 1,
    service: facts.configuration.service,
    number: facts.number,
    releaseId: releaseIdOf(facts.number, content),
    contentSha256: content,
    artifact: facts.artifact,
    zipKey: facts.zipKey,
    createdAt: facts.createdAt,
    configuration: facts.configuration,
  };
}
