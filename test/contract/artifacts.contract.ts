import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { BackEnd } from './back-end.ts';
import { contract } from './contract-test.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array): string => new TextDecoder().decode(body);
const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');
const invalid = { name: 'InvalidDeploymentError' };

export function artifactsContract(backEnd: BackEnd): void {
  contract('artifacts', backEnd, (contractTest) => {
    contractTest('versions come newest first, and each keeps its bytes', [], async ({ ports: { artifacts } }) => {
      const made = [];
      for (const body of ['one', 'two', 'two']) made.push(await artifacts.upload(bytes(body)));

      const versions = await artifacts.versions();
      expect(versions.map(({ versionId }) => versionId)).toEqual(made.map(({ versionId }) => versionId).toReversed());
      expect(new Set(versions.map(({ versionId }) => versionId)).size).toBe(3);
      const bodies = await Promise.all(versions.map(({ versionId }) => artifacts.read(versionId)));
      expect(bodies.map(text)).toEqual(['two', 'two', 'one']);
    });

    contractTest('a version says what it is', [], async ({ ports, artifactKey }) => {
      const before = Date.now();
      const { versionId } = await ports.artifacts.upload(bytes('zip'));
      const after = Date.now();

      const [version] = await ports.artifacts.versions();
      expect(version).toEqual({
        bucket: ports.stage.artifactBucket,
        key: artifactKey,
        versionId,
        etag: `"${createHash('md5').update('zip').digest('hex')}"`,
        bytes: 3,
        uploadedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      // S3 tells whole seconds, cut or rounded.
      const uploadedAt = Date.parse(version?.uploadedAt ?? '');
      expect(uploadedAt).toBeGreaterThan(before - 1000);
      expect(uploadedAt).toBeLessThan(after + 1000);
    });

    contractTest('nothing was uploaded: no versions', [], async ({ ports: { artifacts } }) => {
      expect(await artifacts.versions()).toEqual([]);
    });

    contractTest('keys that only look alike are other artifacts', [], async (bench) => {
      const { artifacts } = bench.ports;
      for (const suffix of ['.bak', '/x', ' 2']) {
        await bench.putInArtifactBucket(`${bench.artifactKey}${suffix}`, 'another');
      }
      await bench.putInArtifactBucket(`x${bench.artifactKey}`, 'another');
      const { versionId } = await artifacts.upload(bytes('zip'));

      expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([versionId]);
    });

    contractTest('lists more versions than one page holds', ['objectPages'], async (bench) => {
      const bodies = Array.from({ length: 12 }, (_, number) => `upload ${number}`);
      for (const body of bodies) await bench.putInArtifactBucket(bench.artifactKey, body);
      await bench.putInArtifactBucket(`${bench.artifactKey}.bak`, 'another');
      const { ports, pages } = await bench.portsWithSmallPages();

      const versions = await ports.artifacts.versions();

      const found = await Promise.all(versions.map(({ versionId }) => ports.artifacts.read(versionId)));
      expect(found.map(text)).toEqual(bodies.toReversed());
      expect(pages()).toBe(3);
    });

    contractTest('a version that never was is an invalid deployment', [], async ({ ports: { artifacts } }) => {
      const { versionId } = await artifacts.upload(bytes('zip'));

      await expect(artifacts.read(anotherThan(versionId))).rejects.toMatchObject(invalid);
    });

    contractTest('a version that never was is not copied', ['copyExactVersion'], async ({ ports }) => {
      const { versionId } = await ports.artifacts.upload(bytes('zip'));

      const copied = ports.artifacts.copyToLedger(anotherThan(versionId), 'r/1.zip');

      await expect(copied).rejects.toMatchObject(invalid);
      expect(await ports.ledger.list('r/')).toEqual([]);
    });

    contractTest('delete markers are no versions; those below stay', ['deleteMarkers'], async (bench) => {
      const { artifacts } = bench.ports;
      const one = await artifacts.upload(bytes('one'));
      await bench.deleteArtifact();

      expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([one.versionId]);
      expect(text(await artifacts.read(one.versionId))).toBe('one');
      const two = await artifacts.upload(bytes('two'));
      expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([two.versionId, one.versionId]);
    });

    contractTest('a version deleted for good is an invalid deployment', ['deleteMarkers'], async (bench) => {
      const { artifacts } = bench.ports;
      const one = await artifacts.upload(bytes('one'));
      const two = await artifacts.upload(bytes('two'));
      await bench.deleteArtifactVersion(one.versionId);

      expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([two.versionId]);
      await expect(artifacts.read(one.versionId)).rejects.toMatchObject({
        name: 'InvalidDeploymentError',
        message: expect.stringContaining(one.versionId),
      });
    });

    contractTest(
      'a version deleted for good is not copied',
      ['deleteMarkers', 'copyExactVersion'],
      async ({ ports: { artifacts }, deleteArtifactVersion }) => {
        const one = await artifacts.upload(bytes('one'));
        await artifacts.upload(bytes('two'));
        await deleteArtifactVersion(one.versionId);

        await expect(artifacts.copyToLedger(one.versionId, 'r/1.zip')).rejects.toMatchObject(invalid);
      },
    );

    contractTest(
      'the copy in the ledger is the bytes of its version, also when it is made twice',
      [],
      async ({ ports: { artifacts, ledger } }) => {
        const one = await artifacts.upload(bytes('one'));
        await artifacts.upload(bytes('two'));

        const copied = await artifacts.copyToLedger(one.versionId, 'r/releases/1.zip');
        const again = await artifacts.copyToLedger(one.versionId, 'r/releases/1.zip');

        expect([copied, again]).toEqual(Array(2).fill({ sha256: sha256('one') }));
        expect((await ledger.read('r/releases/1.zip'))?.body).toBe('one');
      },
    );

    contractTest(
      'a copy is read byte for byte; one that never was made is an invalid deployment',
      [],
      async ({ ports }) => {
        const body = new Uint8Array([0, 255, 128, 80, 75]);
        const { versionId } = await ports.artifacts.upload(body);
        await ports.artifacts.copyToLedger(versionId, 'r/releases/1.zip');

        expect(new Uint8Array(await ports.artifacts.readCopy('r/releases/1.zip'))).toEqual(body);
        await expect(ports.artifacts.readCopy('r/releases/2.zip')).rejects.toMatchObject(invalid);
      },
    );

    contractTest('a copy that is there stays', ['copyOnce'], async ({ ports: { artifacts, ledger } }) => {
      const one = await artifacts.upload(bytes('one'));
      const two = await artifacts.upload(bytes('two'));
      await artifacts.copyToLedger(one.versionId, 'r/releases/1.zip');

      const other = await artifacts.copyToLedger(two.versionId, 'r/releases/1.zip');

      expect(other).toEqual({ sha256: sha256('one') });
      expect((await ledger.read('r/releases/1.zip'))?.body).toBe('one');
    });

    contractTest(
      'several who copy the same version at once are told the same',
      [],
      async ({ ports: { artifacts, ledger } }) => {
        const { versionId } = await artifacts.upload(bytes('zip'));

        const copies = await Promise.all(
          Array.from({ length: 5 }, () => artifacts.copyToLedger(versionId, 'r/releases/1.zip')),
        );

        expect(copies).toEqual(Array(5).fill({ sha256: sha256('zip') }));
        expect((await ledger.read('r/releases/1.zip'))?.body).toBe('zip');
      },
    );

    contractTest(
      'an artifact key may have any character that a name may have',
      [],
      async ({ ports: { artifacts, ledger } }) => {
        const { versionId } = await artifacts.upload(bytes('zip'));

        expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([versionId]);
        expect(text(await artifacts.read(versionId))).toBe('zip');
        expect(await artifacts.copyToLedger(versionId, 'r/a & b/1 + 1.zip')).toEqual({ sha256: sha256('zip') });
        expect((await ledger.read('r/a & b/1 + 1.zip'))?.body).toBe('zip');
      },
      { artifactKey: 'builds of 2026/pay+ment & ü%20\u{1F600}.zip' },
    );

    contractTest(
      'without versions in the bucket the ETag is the identity, and an upload makes the one before gone',
      ['unversionedArtifacts'],
      async ({ ports: { artifacts } }) => {
        const one = await artifacts.upload(bytes('one'));
        // As events name it: without quotes.
        expect(one.versionId).toBe(one.etag.replaceAll('"', ''));
        expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([one.versionId]);
        expect(text(await artifacts.read(one.versionId))).toBe('one');
        expect(await artifacts.copyToLedger(one.versionId, 'r/1.zip')).toEqual({ sha256: sha256('one') });

        const two = await artifacts.upload(bytes('two'));

        expect((await artifacts.versions()).map((version) => version.versionId)).toEqual([two.versionId]);
        await expect(artifacts.read(one.versionId)).rejects.toMatchObject(invalid);
      },
      { isVersioned: false },
    );

    contractTest(
      'without versions in the bucket an upload that was written over is not copied',
      ['unversionedArtifacts', 'copyExactVersion'],
      async ({ ports: { artifacts } }) => {
        const one = await artifacts.upload(bytes('one'));
        await artifacts.upload(bytes('two'));

        await expect(artifacts.copyToLedger(one.versionId, 'r/2.zip')).rejects.toMatchObject(invalid);
      },
      { isVersioned: false },
    );
  });
}

/** Spelled as an id may be, and of no version. */
function anotherThan(versionId: string): string {
  return `${versionId.slice(0, -1)}${versionId.endsWith('0') ? '1' : '0'}`;
}
