import { createHash } from 'node:crypto';
import type { Ports } from '../../clients/ports.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { type ReleaseManifest, releaseName } from '../../core/model/release-manifest.ts';
import { stableRelease, type TargetState } from '../../core/model/target-state.ts';
import { createJson, encode, readAll, readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';

type ReleasePorts = Pick<Ports, 'stage' | 'ledger' | 'artifacts'>;

/** A manifest with the SHA-256 of its bytes in the ledger, which the `install` command carries. */
export interface StoredRelease {
  readonly manifest: ReleaseManifest;
  readonly manifestSha256: string;
}

/** The release of this number. Throws InvalidDeploymentError that lists the ones there are. */
export async function readRelease(ports: Pick<Ports, 'stage' | 'ledger'>, number: number): Promise<StoredRelease> {
  const object = await ports.ledger.read(keys.manifest(ports.stage.service, number));
  if (object === undefined) {
    const known = await listReleases(ports);
    const list = known.length === 0 ? 'there are none yet' : `there are ${known.map(releaseName).join(', ')}`;
    throw new InvalidDeploymentError(`release: ${releaseName(number)} does not exist; ${list}`);
  }
  return { manifest: JSON.parse(object.body) as ReleaseManifest, manifestSha256: sha256Of(object.body) };
}

/** Whether the zip that hosts download is in the ledger. */
export async function hasZip({ ledger }: Pick<Ports, 'ledger'>, zipKey: string): Promise<boolean> {
  return (await ledger.list(zipKey)).includes(zipKey);
}

/** The stable release with the bytes of its artifact. Throws InvalidDeploymentError where none is stable yet. */
export async function readStableArtifact(
  ports: ReleasePorts,
  state: TargetState,
): Promise<{ readonly manifest: ReleaseManifest; readonly bytes: Uint8Array }> {
  const stable = stableRelease(state);
  if (stable === undefined) {
    throw new InvalidDeploymentError(
      'configOnly: no release has succeeded on the whole target yet, so there is no artifact to take; deploy a zip first',
    );
  }
  const { manifest } = await readRelease(ports, stable.release);
  return { manifest, bytes: await ports.artifacts.readCopy(manifest.zipKey) };
}

/** The numbers of all releases, ascending. */
export async function listReleases(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<readonly number[]> {
  const prefix = keys.releases(ports.stage.service);
  const names = await ports.ledger.list(prefix);
  return names
    .map((name) => /^([0-9]+)\.json$/.exec(name.slice(prefix.length))?.[1])
    .flatMap((digits) => (digits === undefined ? [] : [Number(digits)]))
    .sort((a, b) => a - b);
}

/**
 * Numbers a release and keeps its bytes: the same content always gets the same number. The manifest is written first
 * (it wins the number), then the zip is copied; both are repeated harmlessly after a crash. The upload at hand is copied:
 * an earlier one of the same content, which the manifest names, may be deleted by now.
 */
export async function storeRelease(
  ports: ReleasePorts,
  build: (number: number, zipKey: string) => ReleaseManifest,
): Promise<StoredRelease> {
  const stored = await numberRelease(ports, build);
  const { versionId } = build(stored.manifest.number, stored.manifest.zipKey).artifact;
  const copy = await ports.artifacts.copyToLedger(versionId, stored.manifest.zipKey);
  if (copy.sha256 !== stored.manifest.artifact.sha256) {
    throw new InvalidDeploymentError(
      `artifact: the copy of version ${versionId} has another SHA-256 than the upload; upload it again`,
    );
  }
  return stored;
}

/** Numbers a release whose bytes are kept already, by another one: the same content always gets the same number. */
export async function numberRelease(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  build: (number: number, zipKey: string) => ReleaseManifest,
): Promise<StoredRelease> {
  const { service } = ports.stage;
  const contentSha256 = build(1, '').contentSha256;
  const known = await readJson<{ number: number }>(ports.ledger, keys.content(service, contentSha256));
  const number = known?.number ?? (await createNumbered(ports, build));
  await createJson(ports.ledger, keys.content(service, contentSha256), { number });
  return readRelease(ports, number);
}

/** The release that this content has or would get; nothing is written. */
export async function previewRelease(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  build: (number: number, zipKey: string) => ReleaseManifest,
): Promise<StoredRelease> {
  const { service } = ports.stage;
  const known = await readJson<{ number: number }>(ports.ledger, keys.content(service, build(1, '').contentSha256));
  if (known !== undefined) {
    return readRelease(ports, known.number);
  }
  const number = ((await listReleases(ports)).at(-1) ?? 0) + 1;
  const manifest = build(number, keys.zip(service, number));
  return { manifest, manifestSha256: sha256Of(encode(manifest)) };
}

async function createNumbered(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  build: (number: number, zipKey: string) => ReleaseManifest,
): Promise<number> {
  const { service } = ports.stage;
  const numbers = await listReleases(ports);
  const unindexed = await findContent(ports, build(1, '').contentSha256, numbers.slice(-indexedWithin));
  if (unindexed !== undefined) {
    return unindexed;
  }
  for (let number = (numbers.at(-1) ?? 0) + 1; ; number++) {
    const manifest = build(number, keys.zip(service, number));
    const result = await ports.ledger.create(keys.manifest(service, number), encode(manifest));
    const isOurs = result.kind === 'written' || (await isSameContent(ports, number, manifest));
    if (isOurs) {
      return number;
    }
  }
}

/** Newest manifests that may be there without their index: an earlier try wrote the one and not the other. */
const indexedWithin = 50;

async function findContent(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  contentSha256: string,
  numbers: readonly number[],
): Promise<number | undefined> {
  const names = numbers.map((number) => keys.manifest(ports.stage.service, number));
  const manifests = await readAll<ReleaseManifest>(ports.ledger, names);
  return manifests.find((manifest) => manifest.contentSha256 === contentSha256)?.number;
}

/** The write may have been lost to us only as an answer: then the manifest that is there is the one we meant. */
async function isSameContent(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  number: number,
  manifest: ReleaseManifest,
): Promise<boolean> {
  const existing = await readJson<ReleaseManifest>(ports.ledger, keys.manifest(ports.stage.service, number));
  return existing?.contentSha256 === manifest.contentSha256;
}

/** The resolved packages of a requirements file, once the first host has resolved them. */
export async function readPackages(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  requirementsSha256: string,
): Promise<{ readonly key: string; readonly sha256: string } | undefined> {
  const key = keys.packages(ports.stage.service, requirementsSha256);
  const object = await ports.ledger.read(key);
  return object === undefined ? undefined : { key, sha256: sha256Of(object.body) };
}

/** Keeps the packages that the first host resolved; those of later hosts change nothing. */
export async function keepPackages(
  ports: Pick<Ports, 'stage' | 'ledger'>,
  requirementsSha256: string,
  packages: readonly string[],
): Promise<void> {
  const body = packages.map((line) => `${line}\n`).join('');
  await ports.ledger.create(keys.packages(ports.stage.service, requirementsSha256), body);
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
