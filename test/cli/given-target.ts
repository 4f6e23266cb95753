import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ReleaseManifest } from '../../core/release-manifest.ts';
import { emptyTargetState, type TargetState } from '../../core/target-state.ts';
import { keys } from '../../ledger/keys.ts';
import { instant } from '../fakes/deployment-story.ts';
import type { MemoryLedger } from '../fakes/memory-ledger.ts';

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
