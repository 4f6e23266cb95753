import type { Ports } from '../clients/ports.ts';
import type { ChosenTarget } from '../core/admission/choose-target.ts';
import { configWarnings } from '../core/config/warnings.ts';
import type { Alarm } from '../core/model/alarm-reading.ts';
import { sha256Hex } from '../core/model/canonical-json.ts';
import type { HostConfiguration } from '../core/model/release-manifest.ts';
import { checkArtifact } from '../core/release/artifact-check.ts';
import { contentSha256 } from '../core/release/build-release.ts';
import { resolveConfiguration } from '../ledger/config/resolve-configuration.ts';
import { findAlarms } from '../ledger/find-alarms.ts';
import { findTarget } from '../ledger/find-target.ts';
import type { ConfigFile } from './read-input-files.ts';
import { withNext } from './report-error.ts';

export interface CheckedRequest {
  readonly target: ChosenTarget;
  /** What would reach the hosts. */
  readonly configuration: HostConfiguration;
  /** The alarms of the configuration, as they are now. */
  readonly alarms: readonly Alarm[];
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
  ports: Pick<Ports, 'stage' | 'inventory' | 'alarms'>,
  file: ConfigFile,
  zip: GivenArtifact | null,
  named: readonly string[] | undefined,
): Promise<CheckedRequest> {
  const { config } = file;
  const artifact =
    zip === null
      ? null
      : await withNext(`correct ${zip.source}, then: rollgate plan`, () => checkArtifact(zip.bytes, config));
  const configuration = await withNext(`correct ${file.path} or tag the instance, then: rollgate plan`, () =>
    resolveConfiguration(ports, config),
  );
  const target = await withNext('rollgate status', () => findTarget(ports, config, named));
  const alarms = await withNext(`correct ${file.path} or create the alarm, then: rollgate plan`, () =>
    findAlarms(ports, config),
  );
  return {
    target,
    configuration,
    alarms,
    contentSha256: zip === null ? null : contentSha256(sha256Hex(zip.bytes), configuration),
    warnings: [...configWarnings(config), ...(artifact?.warnings ?? [])],
  };
}
