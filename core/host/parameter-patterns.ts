import { patterns } from '../model/patterns.ts';
import type { HostDocument } from '../model/statuses.ts';

/**
 * `allowedPattern` of every parameter of every document. SSM puts the values into the script as text, so these are what
 * stands between a parameter and a root shell: no quote, no space, no `$`, no brace passes. A test holds the documents
 * to this table.
 */
const common = {
  service: patterns.service,
  deploymentId: patterns.deploymentId,
  /** 32 hex digits of SHA-256. */
  key: '^[0-9a-f]{32}$',
  /** Unix seconds at least, so it grows when a stack is made anew. */
  fence: '^[1-9][0-9]{0,15}$',
  notAfter: '^[1-9][0-9]{9,11}$',
} as const;

const releaseIdOrPrevious = '^(v[1-9][0-9]{0,8}-[0-9a-f]{12}|previous)$';

export const parameterPatterns = {
  install: {
    ...common,
    releaseId: patterns.releaseId,
    region: patterns.region,
    stateBucket: patterns.bucket,
    manifestKey: '^rollgate/[a-z][a-z0-9-]{0,31}/releases/[1-9][0-9]{0,8}[.]json$',
    manifestSha256: patterns.sha256,
    packagesKey: '^(rollgate/[a-z][a-z0-9-]{0,31}/packages/[0-9a-f]{64}[.]txt)?$',
    packagesSha256: '^([0-9a-f]{64})?$',
    keep: '^(v[1-9][0-9]{0,8}-[0-9a-f]{12}(,v[1-9][0-9]{0,8}-[0-9a-f]{12}){0,9})?$',
  },
  activate: { ...common, releaseId: releaseIdOrPrevious },
  verify: { ...common, releaseId: releaseIdOrPrevious },
  settle: common,
  inspect: { service: patterns.service, region: patterns.region },
} as const satisfies Readonly<Record<HostDocument, Readonly<Record<string, string>>>>;
