import type { Ports } from '../clients/ports.ts';
import { type ConfigChange, releaseChanges } from '../core/config/changes.ts';
import { releaseName } from '../core/model/release-manifest.ts';
import { checkArtifactOf } from '../core/release/artifact-check.ts';
import { readServiceYaml } from '../ledger/config/service-config.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { findReleaseByContent } from '../ledger/release/find-release-by-content.ts';
import { readStableArtifact } from '../ledger/release/releases.ts';
import { type CheckedRequest, checkRequest } from './check-request.ts';
import { compareWithInForce } from './compare-with-in-force.ts';
import type { ConfigFile } from './read-input-files.ts';
import { withNext } from './report-error.ts';

/** What the artifact of the stable release with this configuration means. */
export interface ConfigOnlyView {
  /** The stable release: `v2`. */
  readonly from: string;
  /** The release it makes: `v3`, `v2` where everything is the same, or `a new release`. */
  readonly to: string;
  readonly file: string;
  /** Of what reaches the hosts, against the stable release. */
  readonly changes: readonly ConfigChange[];
  /** Of how hosts are chosen and rolled out, against the configuration in force. */
  readonly policyChanges: readonly ConfigChange[];
}

export interface CheckedConfigOnly extends CheckedRequest {
  readonly view: ConfigOnlyView;
  readonly source: string;
}

/** Everything that admission will check of `configOnly`, and what is different. Throws CliError. */
export async function checkConfigOnly(
  ports: Ports,
  file: ConfigFile,
  named: readonly string[] | undefined,
): Promise<CheckedConfigOnly> {
  const state = await readState(ports);
  const { manifest, bytes } = await withNext('rollgate deploy payment.zip', () => readStableArtifact(ports, state));
  await withNext(`correct ${file.path}, or deploy a zip that fits: rollgate deploy payment.zip`, () =>
    checkArtifactOf(manifest, bytes, file.config),
  );
  const from = releaseName(manifest.number);
  const source = `the artifact of ${from}, which is stable`;
  const checked = await checkRequest(ports, file, { bytes, source }, named);
  const known = checked.contentSha256 === null ? undefined : await findReleaseByContent(ports, checked.contentSha256);
  const { changes } = compareWithInForce(await readServiceYaml(ports), file);
  return {
    ...checked,
    source,
    view: {
      from,
      to: known === undefined ? 'a new release' : releaseName(known),
      file: file.path,
      changes: releaseChanges(manifest.configuration, checked.configuration),
      policyChanges: changes.filter(({ path }) => /^(?:artifact|target|rollout)\b/.test(path)),
    },
  };
}
