import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { keys } from '../../../ledger/keys.ts';
import { configuration } from '../../given/configuration.ts';
import { artifactOf, manifestOf } from '../../given/releases.ts';

const samples = join(import.meta.dirname, '../../../samples');

/** The sample service as a zip, a variant's files laid over it, and these over both. */
export async function sampleZip(variant = '', files: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  const contents = new Map<string, Uint8Array | string>();
  for (const folder of [
    join(samples, 'payment'),
    ...(variant === '' ? [] : [join(samples, 'payment-variants', variant)]),
  ]) {
    for (const name of readdirSync(folder).filter((entry) => /\.(py|ini|txt)$/.test(entry))) {
      contents.set(name, readFileSync(join(folder, name)));
    }
  }
  for (const [name, text] of Object.entries(files)) contents.set(name, text);
  const zip = new yazl.ZipFile();
  for (const [name, content] of contents) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return buffer(zip.outputStream);
}

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A release of the sample, as the ledger holds it: manifest and zip. */
export async function sampleRelease(
  number: number,
  variant = '',
  files: Readonly<Record<string, string>> = {},
  reportOnly?: readonly string[],
) {
  const zip = await sampleZip(variant, files);
  const artifact = artifactOf(number, zip, `requirements ${variant.startsWith('new-req') ? 2 : 1}`);
  const manifest = manifestOf(number, artifact, {
    ...configuration,
    health: { ...configuration.health, ...(reportOnly === undefined ? {} : { reportOnly }) },
    retention: { releases: 2 },
  });
  const { releaseId, zipKey } = manifest;
  const manifestKey = keys.manifest('payment', number);
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return {
    releaseId,
    objects: new Map<string, Uint8Array>([
      [zipKey, zip],
      [manifestKey, manifestBytes],
    ]),
    parameters: {
      releaseId,
      region: 'eu-west-1',
      stateBucket: 'rollgate-state-local',
      manifestKey,
      manifestSha256: sha256(manifestBytes),
      packagesKey: '',
      packagesSha256: '',
      keep: '',
    },
  };
}
