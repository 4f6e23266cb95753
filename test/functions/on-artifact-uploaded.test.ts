import { beforeEach, expect, test } from 'vitest';
import type { ArtifactVersion } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import { handler, run } from '../../functions/on-artifact-uploaded.ts';
import { artifactZip } from '../fakes/artifact-zips.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;

beforeEach(async () => {
  given = await givenPorts();
});

type Named = { readonly etag?: string; readonly 'version-id'?: string };

function event(object: Named, key = 'payment.zip') {
  return { detail: { bucket: { name: 'roboshop-builds' }, object: { key, ...object } } };
}

async function upload(number: number): Promise<ArtifactVersion> {
  return given.artifacts.upload(await artifactZip(number));
}

function startOf({ bucket, key, versionId }: ArtifactVersion): string {
  return `start ${executionNames.ofUpload(bucket, key, versionId)} ${JSON.stringify({ upload: versionId })}`;
}

test('an upload starts its deployment under a name that is its own', async () => {
  const two = await upload(2);
  const three = await upload(3);

  await run(event({ 'version-id': three.versionId }), given.ports);
  await run(event({ 'version-id': two.versionId }), given.ports);

  expect(given.deeds).toEqual([startOf(three), startOf(two)]);
  expect(executionNames.ofUpload(two.bucket, two.key, two.versionId)).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
});

test('one that comes after a newer upload was admitted starts nothing', async () => {
  const two = await upload(2);
  const three = await upload(3);
  await given.givenState((state) => ({ ...state, newestUpload: { versionId: three.versionId, deploymentId: 'd' } }));

  await run(event({ 'version-id': two.versionId }), given.ports);
  await run(event({ 'version-id': three.versionId }), given.ports);

  expect(given.deeds).toEqual([startOf(three)]);
});

test('a newest upload that was deleted since does not hold others up', async () => {
  const two = await upload(2);
  await given.givenState((state) => ({ ...state, newestUpload: { versionId: 'deleted', deploymentId: 'd' } }));

  await run(event({ 'version-id': two.versionId }), given.ports);

  expect(given.deeds).toEqual([startOf(two)]);
});

test('where the event names no version, the ETag tells, else it is the newest', async () => {
  const two = await upload(2);
  const three = await upload(3);

  await run(event({ etag: two.etag }), given.ports);
  await run(event({}), given.ports);
  await run(event({ 'version-id': '' }), given.ports);

  expect(given.deeds).toEqual([startOf(two), startOf(three), startOf(three)]);
});

test('the ETag counts with and without its quotes', async () => {
  const two = await upload(2);
  await upload(3);

  await run(event({ etag: two.etag.replaceAll('"', '') }), given.ports);

  expect(given.deeds).toEqual([startOf(two)]);
});

test('a version that is gone and another key start nothing', async () => {
  await run(event({ 'version-id': 'gone' }), given.ports);
  await run(event({}, 'other.zip'), given.ports);

  expect(given.deeds).toEqual([]);
});

test('the handler takes the event as EventBridge sends it', async () => {
  const two = await upload(2);
  const more = { version: '0', source: 'aws.s3', 'detail-type': 'Object Created' };

  await handler({ ...more, ...event({ 'version-id': two.versionId }) });

  expect(given.deeds).toEqual([startOf(two)]);
});
