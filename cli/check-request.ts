import type { Ports } from '../clients/ports.ts';
import { checkArtifact } from '../core/artifact-check.ts';
import { contentSha256 } from '../core/build-release.ts';
import { sha256Hex } from '../core/canonical-json.ts';
import type { ChosenTarget } from '../core/choose-target.ts';
import { configWarnings } from '../core/config-warnings.ts';
import { environmentLookups, resolveEnvironment } from '../core/resolve-environment.ts';
import { findTarget } from '../ledger/find-target.ts';
import type { ConfigFile } from './read-input-files.ts';
import { withNext } from './report-error.ts';

export interface CheckedRequest {
  readonly target: ChosenTarget;
  /** Hash of artifact and configuration: the same content is the same release. Null where no artifact was given. */
  readonly contentSha256: string | null;
  readonly warnings: readonly string[];
}

/** The bytes of an artifact, and what a person calls it. */
export interface GivenArtifact {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/**
 * Everything that admission will check, before anything is uploaded or published: the zip, the addresses that the
 * configuration names, the hosts. Throws CliError with all problems of the first of these that has any.
 */
export async function checkRequest(
  ports: Pick<Ports, 'stage' | 'inventory'>,
  file: ConfigFile,
  zip: GivenArtifact | null,
  named: readonly string[] | undefined,
): Promise<CheckedRequest> {
  const { config } = file;
  const artifact =
    zip === null
      ? null
      : await withNext(`correct ${zip.source}, then: rollgate plan`, () => checkArtifact(zip.bytes, config));
  const found = await Promise.all(
    environmentLookups(config, ports.stage.name).map(
      async ({ key, tags }) => [key, await ports.inventory.hosts(tags)] as const,
    ),
  );
  const configuration = await withNext(`correct ${file.path} or tag the instance, then: rollgate plan`, () =>
    resolveEnvironment(config, Object.fromEntries(found), ports.stage.name),
  );
  const target = await withNext('rollgate status', () => findTarget(ports, config, named));
  return {
    target,
    contentSha256: zip === null ? null : contentSha256(sha256Hex(zip.bytes), configuration),
    warnings: [...configWarnings(config), ...(artifact?.warnings ?? [])],
  };
}
