import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sha256Hex } from '../../core/canonical-json.ts';
import { parseServiceConfig } from '../../core/config/service-config.ts';
import { buildManifest } from '../../core/release/build-release.ts';
import type { ReleaseManifest } from '../../core/release/release-manifest.ts';
import { emptyTargetState, type Lock, type TargetState } from '../../core/target-state.ts';
import { keys } from '../../ledger/keys.ts';
import { resolveConfiguration } from '../../ledger/resolve-configuration.ts';
import { instant } from '../fakes/deployment-story.ts';
import type { MemoryLedger } from '../fakes/memory-ledger.ts';
import type { FakeWorld } from './fake-world.ts';

/** `state.json` as it would stand; releases of `stable` succeeded one after another. */
export function givenState(
  ledger: MemoryLedger,
  facts: { readonly stable?: readonly number[]; readonly isRollback?: boolean } & Partial<TargetState>,
): void {
  const { stable = [], isRollback = false, ...rest } = facts;
  ledger.given(keys.state('payment'), {
    ...emptyTargetState('payment'),
    stableHistory: stable.map((release, index) => ({
      ...{ release, releaseId: `v${release}-aaaaaaaaaaaa`, deploymentId: `d-20261122-20400${index}-aaaaaa` },
      ...{ at: instant(index), isRollback: isRollback && index === stable.length - 1 },
    })),
    ...rest,
  });
}

/** `service.json` with `services/payment.yml`, as somebody has published it. */
export function givenConfig(ledger: MemoryLedger, yaml = readFileSync('services/payment.yml', 'utf8')): void {
  const sha256 = createHash('sha256').update(yaml).digest('hex');
  ledger.given(keys.serviceConfig('payment'), { yaml, sha256, publishedAt: instant(0), by: 'bob' });
}

/** Manifests of releases with these numbers, as far as the CLI looks at them. */
export function givenReleases(ledger: MemoryLedger, ...numbers: readonly number[]): void {
  for (const number of numbers) {
    const manifest: Partial<ReleaseManifest> & Pick<ReleaseManifest, 'artifact'> = {
      ...{ schema: 1, service: 'payment', number, releaseId: `v${number}-aaaaaaaaaaaa`, createdAt: instant(number) },
      artifact: {
        ...{ sha256: String(number).repeat(64), bytes: 4100 * number, bucket: 'roboshop-builds', key: 'payment.zip' },
        ...{ versionId: `version-${number}`, requirementsSha256: 'd'.repeat(64) },
      },
    };
    ledger.given(keys.manifest('payment', number), manifest);
  }
}

/** Release `v<number>` with this artifact and configuration, stable, as deployments of it left it in the ledger. */
export async function givenStableArtifact(
  fake: Pick<FakeWorld, 'ports' | 'ledger' | 'copies'>,
  number: number,
  zip: Uint8Array,
  yaml = readFileSync('services/payment.yml', 'utf8'),
): Promise<void> {
  const configuration = await resolveConfiguration(fake.ports, parseServiceConfig(yaml));
  const zipKey = keys.zip('payment', number);
  const manifest = buildManifest({
    ...{ number, zipKey, configuration, createdAt: instant(number) },
    artifact: {
      ...{ sha256: sha256Hex(zip), bytes: zip.length, bucket: 'roboshop-builds', key: 'payment.zip' },
      ...{ versionId: `version-${number}`, requirementsSha256: 'd'.repeat(64) },
    },
  });
  fake.ledger.given(keys.manifest('payment', number), manifest);
  fake.ledger.given(keys.content('payment', manifest.contentSha256), { number });
  fake.copies.set(zipKey, zip);
}

/** The lock as this deployment holds it. */
export function lockOf(deploymentId: string, more: Partial<Lock> = {}): Lock {
  return {
    ...{ deploymentId, executionArn: `arn:${deploymentId}`, fence: 1, acquiredAt: instant(0), by: 'alice' },
    ...{ purpose: 'rollout', repairs: 0, isRollback: false },
    ...more,
  };
}
