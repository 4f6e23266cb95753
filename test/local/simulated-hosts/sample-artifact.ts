import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import type { ReleaseManifest } from '../../../core/release/release-manifest.ts';

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
  const zipKey = `rollgate/payment/releases/${number}.zip`;
  const manifestKey = `rollgate/payment/releases/${number}.json`;
  const releaseId = `v${number}-${sha256(zip).slice(0, 12)}`;
  const manifest = {
    schema: 1,
    service: 'payment',
    number,
    releaseId,
    contentSha256: sha256(zip),
    artifact: {
      sha256: sha256(zip),
      bytes: zip.byteLength,
      bucket: 'roboshop-builds',
      key: 'payment.zip',
      versionId: String(number),
      requirementsSha256: sha256(`requirements ${variant.startsWith('new-req') ? 2 : 1}`),
    },
    zipKey,
    createdAt: '2026-11-22T20:45:00Z',
    configuration: {
      service: 'payment',
      description: 'Payment Service',
      runtime: {
        python: { preferred: '3.6', accepted: ['3.11'] },
        packages: { yum: [], dnf: [], apt: [] },
        requirementsFile: 'requirements.txt',
      },
      run: { user: 'roboshop', program: 'uwsgi', arguments: ['--ini', 'payment.ini'] },
      unit: { stopSeconds: 30, restartSeconds: 1 },
      environment: {},
      secrets: [],
      health: {
        port: 8080,
        path: '/health',
        expectStatus: 200,
        consecutiveSuccesses: 3,
        intervalSeconds: 1,
        timeoutSeconds: 2,
        stableSeconds: 10,
        deadlineSeconds: 60,
        journalPatterns: [],
        ...(reportOnly === undefined ? {} : { reportOnly }),
      },
      upstreams: [
        { name: 'cart', kind: 'tcp', host: '10.0.0.5', port: 8080, variable: 'CART_HOST', source: 'tag Service=cart' },
        {
          name: 'rabbitmq',
          kind: 'amqp',
          host: '10.0.0.7',
          port: 5672,
          variable: 'AMQP_HOST',
          source: 'tag Service=rabbitmq',
          amqp: { userVariable: 'AMQP_USER', passwordVariable: 'AMQP_PASS', vhost: '/' },
        },
      ],
      retention: { releases: 2 },
    },
  } satisfies ReleaseManifest;
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
