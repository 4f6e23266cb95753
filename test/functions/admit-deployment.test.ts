import { beforeEach, expect, test } from 'vitest';
import { releaseChanges } from '../../core/config/changes.ts';
import { handler, run } from '../../functions/admit-deployment.ts';
import { publishServiceConfig } from '../../ledger/config/service-config.ts';
import { readControl } from '../../ledger/operator/requests.ts';
import { readRelease } from '../../ledger/release/releases.ts';
import { readAdmitted, writeOutcomeOnce } from '../../ledger/rollout/deployments.ts';
import { paymentYaml } from '../given/configuration.ts';
import { arnOf, deploymentId, deploymentOutcome, executionArn } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const startedAt = '2026-11-22T20:45:00.000Z';

beforeEach(async () => {
  given = await givenPorts();
});

function admit(input: unknown, more: { readonly executionArn?: string } = {}) {
  return run({ executionArn, startedAt, input, ...more }, given.ports);
}

test('a deployment is admitted once, however often its execution asks', async () => {
  const first = await admit({ reason: 'a look' });
  const again = await admit({ reason: 'a look' });

  expect(first).toEqual({ deploymentId: first.deploymentId, purpose: 'rollout', next: 'queue' });
  expect(again).toEqual(first);
  expect(given.state().queue.map((entry) => entry.deploymentId)).toEqual([first.deploymentId]);
  expect(await readAdmitted(given.ports, first.deploymentId)).toMatchObject({
    trigger: 'person',
    by: 'unknown (see CloudTrail)',
    release: { number: 1 },
    stable: null,
  });
});

test('a retry after the queue was left, at the end, goes to the end', async () => {
  const { deploymentId: id } = await admit({});
  await writeOutcomeOnce(given.ports, deploymentOutcome({ deploymentId: id }));

  expect(await admit({})).toMatchObject({ next: 'finish' });
});

test('a dry run waits for nothing and makes no release', async () => {
  const before = given.bucket.keys().filter((key) => key.includes('/releases/'));

  expect(await admit({ dryRun: true })).toMatchObject({ next: 'plan' });
  expect(given.bucket.keys().filter((key) => key.includes('/releases/'))).toEqual(before);
  expect(given.bucket.keys()).not.toContain('rollgate/payment/state.json');
});

test('the newest upload is the one that the bucket says is newest', async () => {
  const [newest] = await given.artifacts.versions();
  const older = newest?.versionId ?? '';
  const newer = (await given.artifacts.upload(await given.artifacts.read(older))).versionId;

  await admit({ upload: newer }, { executionArn: arnOf('newer') });
  await admit({ upload: older }, { executionArn: arnOf('older') });

  expect(given.state().newestUpload?.versionId).toBe(newer);
  expect(given.state().queue.map((entry) => entry.versionId)).toEqual([newer, older]);
});

test('a version that was deleted is refused with a way out', async () => {
  const [newest] = await given.artifacts.versions();
  given.artifacts.givenDeleted(newest?.versionId ?? '');

  await expect(admit({ versionId: newest?.versionId })).rejects.toThrow(
    'versionId: version upload.1 is not in s3://roboshop-builds; it was deleted or never there. Name a release instead: it has a copy of its own',
  );
  expect(await admit({ release: 'v1' })).toMatchObject({ next: 'queue' });
});

test('hosts that are no hosts of the target are refused before anything is written', async () => {
  await expect(admit({ hosts: [idOf('f')] })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidDeploymentError' }),
  );

  expect(given.bucket.keys().filter((key) => key.includes('/deployments/'))).toEqual([]);
});

function publishChanged(change: (yaml: string) => string) {
  return publishServiceConfig(given.ports, change(paymentYaml), 'test');
}

const stableV1 = { release: 1, releaseId: 'v1-x', deploymentId: 'd', at: 'then', isRollback: false };

test('the configuration alone is refused where no release is stable yet', async () => {
  await expect(admit({ configOnly: true })).rejects.toThrow(
    'configOnly: no release has succeeded on the whole target yet, so there is no artifact to take; deploy a zip first',
  );
});

test('the configuration alone is the stable release again where nothing of it is different', async () => {
  await given.givenState((state) => ({ ...state, stableHistory: [stableV1] }));
  const releases = () => given.bucket.keys().filter((key) => /releases|contents/.test(key));
  const before = releases();

  const { deploymentId: id } = await admit({ configOnly: true });

  expect(await readAdmitted(given.ports, id)).toMatchObject({ release: { number: 1 }, request: { kind: 'config' } });
  expect(releases()).toEqual(before);
});

test('another configuration is a new release of the stable artifact, though a newer upload and no upload is there', async () => {
  await given.givenState((state) => ({ ...state, stableHistory: [stableV1] }));
  const [first] = await given.artifacts.versions();
  await given.artifacts.upload(new TextEncoder().encode('a newer upload that is no zip'));
  given.artifacts.givenDeleted(first?.versionId ?? '');
  await publishChanged((yaml) => yaml.replace('CART_PORT: 8080', 'CART_PORT: 8081'));

  const planned = await admit({ configOnly: true, dryRun: true }, { executionArn: arnOf('plan') });
  expect(await readAdmitted(given.ports, planned.deploymentId)).toMatchObject({ release: { number: 2 } });
  await expect(readRelease(given.ports, 2)).rejects.toThrow('v2 does not exist');
  const { deploymentId: id } = await admit({ configOnly: true });

  expect(await readAdmitted(given.ports, id)).toMatchObject({ trigger: 'person', release: { number: 2 } });
  const [one, two] = await Promise.all([readRelease(given.ports, 1), readRelease(given.ports, 2)]);
  expect(two.manifest).toMatchObject({ artifact: one.manifest.artifact, zipKey: one.manifest.zipKey });
  expect(releaseChanges(one.manifest.configuration, two.manifest.configuration)).toEqual([
    { path: 'environment.CART_PORT', before: '8080', after: '8081' },
    { path: 'upstreams.cart.port', before: '8080', after: '8081' },
  ]);
});

test.each([
  ['its ini file', 'payment.ini', 'other.ini', 'the zip has no other.ini'],
  ['its requirements', 'requirements.txt', 'other.txt', 'the zip has no other.txt'],
])('the configuration alone is refused where the artifact lacks %s', async (_what, before, after, problem) => {
  await given.givenState((state) => ({ ...state, stableHistory: [stableV1] }));
  await publishChanged((yaml) =>
    yaml.replace(`- ${before}`, `- ${after}`).replace(`File: ${before}`, `File: ${after}`),
  );

  await expect(admit({ configOnly: true })).rejects.toThrow(
    `the artifact of v1 does not fit this configuration: ${problem}`,
  );
});

test('the configuration alone is refused where the copy of the artifact is another one by now', async () => {
  await given.givenState((state) => ({ ...state, stableHistory: [stableV1] }));
  await given.bucket.put('rollgate/payment/releases/1.zip', 'changed by hand');

  await expect(admit({ configOnly: true })).rejects.toThrow(
    'the copy of the artifact of v1 has another SHA-256 than its upload had',
  );
});

test('a converge without a stable release has nowhere to go', async () => {
  await expect(admit({ converge: [idOf('a')] })).rejects.toThrow(
    'converge: no release has succeeded on the whole target yet',
  );
});

test('a converge goes to those of its hosts that are there, and is refused where none is', async () => {
  await given.givenState((state) => ({
    ...state,
    stableHistory: [{ release: 1, releaseId: 'v1-x', deploymentId: 'd', at: 'then', isRollback: false }],
  }));
  given.givenHosts({}, { ping: 'ConnectionLost' });

  expect(await admit({ converge: [idOf('a'), idOf('b'), idOf('f')] })).toMatchObject({ next: 'queue' });
  await expect(admit({ converge: [idOf('f')] }, { executionArn: arnOf('two') })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidDeploymentError' }),
  );
});

test('a rollback halts what runs, also when its admission is retried', async () => {
  await given.givenLock();
  await given.givenState((state) => ({
    ...state,
    stableHistory: [{ release: 1, releaseId: 'v1-x', deploymentId: 'd', at: 'then', isRollback: false }],
  }));
  const input = { rollback: true, by: 'anna' };

  await admit(input, { executionArn: arnOf('rollback') });
  await given.bucket.remove(`rollgate/payment/control/halt/${deploymentId}.json`);
  await admit(input, { executionArn: arnOf('rollback') });

  expect(await readControl(given.ports, 'halt', deploymentId)).toMatchObject({ by: 'anna' });
});

test('a repair of what has ended and holds nothing is done', async () => {
  await given.givenAdmitted();
  await given.givenLock();
  expect(await admit({ repair: deploymentId })).toEqual({ deploymentId, purpose: 'repair', next: 'queue' });

  await writeOutcomeOnce(given.ports, deploymentOutcome());
  expect(await admit({ repair: deploymentId })).toMatchObject({ next: 'queue' });

  await given.givenState((state) => ({ ...state, lock: null }));
  expect(await admit({ repair: deploymentId })).toMatchObject({ next: 'finish' });
});

test('the handler answers the machine', async () => {
  expect(await handler({ executionArn, startedAt, input: {} })).toMatchObject({ purpose: 'rollout', next: 'queue' });
  await expect(handler({ executionArn, startedAt, input: { releas: 'v1' } })).rejects.toThrow(
    expect.objectContaining({ name: 'InvalidDeploymentError' }),
  );
});
