import { parseServiceConfig } from '../../core/config/parse-service-config.ts';
import { sha256Hex } from '../../core/model/canonical-json.ts';
import { emptyTargetState, type TargetState } from '../../core/model/target-state.ts';
import { resolveConfiguration } from '../../ledger/config/resolve-configuration.ts';
import { keys } from '../../ledger/keys.ts';
import type { StateBucket } from '../fakes/state-bucket.ts';
import { paymentYaml } from '../given/configuration.ts';
import { instant } from '../given/deployment.ts';
import { artifactOf, manifestOf } from '../given/releases.ts';
import type { FakeWorld } from './fake-world.ts';

/** `state.json` as it would stand; releases of `stable` succeeded one after another. */
export function givenState(
  ledger: StateBucket,
  facts: { readonly stable?: readonly number[]; readonly isRollback?: boolean } & Partial<TargetState>,
): void {
  const { stable = [], isRollback = false, ...rest } = facts;
  ledger.given(keys.state('payment'), {
    ...emptyTargetState('payment'),
    stableHistory: stable.map((release, index) => ({
      release,
      releaseId: `v${release}-aaaaaaaaaaaa`,
      deploymentId: `d-20261122-20400${index}-aaaaaa`,
      at: instant(index),
      isRollback: isRollback && index === stable.length - 1,
    })),
    ...rest,
  });
}

/** `service.json` with `services/payment.yml`, as somebody has published it. */
export function givenConfig(ledger: StateBucket, yaml = paymentYaml): void {
  const published = { yaml, sha256: sha256Hex(yaml), publishedAt: instant(0), by: 'bob' };
  ledger.given(keys.serviceConfig('payment'), published);
}

/** Manifests of releases with these numbers, as far as the CLI looks at them. */
export function givenReleases(ledger: StateBucket, ...numbers: readonly number[]): void {
  for (const number of numbers) {
    const artifact = { ...artifactOf(number, new Uint8Array(4100 * number)), sha256: String(number).repeat(64) };
    const manifest = { ...manifestOf(number, artifact), releaseId: `v${number}-aaaaaaaaaaaa` };
    ledger.given(keys.manifest('payment', number), manifest);
  }
}

/** Release `v<number>` with this artifact and configuration, stable, as deployments of it left it in the ledger. */
export async function givenStableArtifact(
  { ports, ledger }: Pick<FakeWorld, 'ports' | 'ledger'>,
  number: number,
  zip: Uint8Array,
  yaml = paymentYaml,
): Promise<void> {
  const configuration = await resolveConfiguration(ports, parseServiceConfig(yaml));
  const manifest = manifestOf(number, artifactOf(number, zip), configuration);
  ledger.given(keys.manifest('payment', number), manifest);
  ledger.given(keys.content('payment', manifest.contentSha256), { number });
  ledger.createBytes(manifest.zipKey, zip);
}
