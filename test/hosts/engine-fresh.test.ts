import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEngine } from '../../local/engine.ts';
import { removeTree } from '../../local/hosts/mounts.ts';
import { mustRun } from '../../local/hosts/run-program.ts';
import { givenStateDir, leftoversOf, whyNoHosts } from './host-fixture.ts';

test('an engine that starts fresh over what a crashed one left mounted deletes nothing through the mounts', async ({
  skip,
}) => {
  const reason = await whyNoHosts();
  skip(reason !== undefined, reason);
  const stateDir = await givenStateDir();
  const merged = join(stateDir, 'hosts', 'payment-1', 'merged');
  const shared = join(stateDir, 'shared');
  await mkdir(merged, { recursive: true });
  await mkdir(shared);
  await writeFile(join(shared, 'wheel'), 'kept');
  await mustRun(['mount', '--bind', shared, merged]);

  const engine = await startEngine({
    stateDirectory: stateDir,
    hosts: 'simulated',
    fresh: true,
    onProgress: () => undefined,
  });
  await engine.stop();

  expect(await readFile(join(shared, 'wheel'), 'utf8')).toBe('kept');
  expect(existsSync(join(stateDir, 'hosts'))).toBe(false);
  expect((await leftoversOf(stateDir)).filter((line) => line.startsWith('sh:'))).toEqual([]);
  await removeTree(stateDir);
});
