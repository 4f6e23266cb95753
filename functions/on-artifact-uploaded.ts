import * as z from 'zod';
import type { ArtifactVersion, Ports } from '../clients/ports.ts';
import { executionNames } from '../core/admission/execution-names.ts';
import { compareUploads } from '../core/lock/upload-order.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { toHandler } from './runtime/handler.ts';
import { writeLine } from './runtime/log.ts';

/** S3's `Object Created` event as EventBridge delivers it. */
const inputSchema = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      etag: z.string().optional(),
      'version-id': z.string().optional(),
    }),
  }),
});

/**
 * Starts the deployment of an upload, once: the execution's name is a hash of bucket, key and version, so a repeated
 * event starts nothing. An event that comes after a newer version was admitted, as an upload or for a person, starts
 * nothing either.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const { key } = detail.object;
  const versions = (await ports.artifacts.versions()).filter((version) => version.key === key);
  const version = findVersion(versions, detail.object['version-id'], detail.object.etag);
  if (version === undefined) {
    writeLine('warn', { function: 'on-artifact-uploaded', note: 'the uploaded version is not in the bucket any more' });
    return;
  }
  const { newestUpload } = await readState(ports);
  const order = versions.map((each) => each.versionId);
  if (newestUpload !== null && compareUploads(version, newestUpload, order) === 'older') {
    const note = `a newer version (${newestUpload.versionId}) was admitted already: ${newestUpload.deploymentId}`;
    writeLine('info', { function: 'on-artifact-uploaded', note });
    return;
  }
  const name = executionNames.ofUpload(version.bucket, version.key, version.versionId);
  await ports.executions.start(name, { upload: version.versionId });
}

/** By version id; emulators and buckets without versions name only the ETag, or nothing: then the newest it is. */
function findVersion(
  versions: readonly ArtifactVersion[],
  versionId: string | undefined,
  etag: string | undefined,
): ArtifactVersion | undefined {
  if (versionId !== undefined && versionId !== '') {
    return versions.find((version) => version.versionId === versionId);
  }
  return versions.find((version) => unquoted(version.etag) === unquoted(etag ?? '')) ?? versions[0];
}

/** S3 answers an ETag in quotes; its events have it without. */
function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

export const handler = toHandler('on-artifact-uploaded', inputSchema, run);
