import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedFiles } from '../../../local/hosts/seed-files.ts';

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollgate-seed-'));
  root = join(folder, 'root');
  await mkdir(join(root, 'etc'), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

test('files get their folders and their mode, whatever the umask says', async () => {
  await seedFiles(root, [{ path: '/etc/rollgate/endpoints', content: 'S3=x\n', mode: 0o666 }]);

  const path = join(root, 'etc/rollgate/endpoints');
  expect(await readFile(path, 'utf8')).toBe('S3=x\n');
  expect((await stat(path)).mode & 0o777).toBe(0o666);
});

test('a link in the root is replaced, and what it points to on this machine is left alone', async () => {
  await writeFile(join(folder, 'outside'), 'mine');
  await symlink(join(folder, 'outside'), join(root, 'etc/resolv.conf'));

  await seedFiles(root, [{ path: '/etc/resolv.conf', content: 'nameserver 192.0.2.1\n' }]);

  expect(await readFile(join(folder, 'outside'), 'utf8')).toBe('mine');
  expect(await readFile(join(root, 'etc/resolv.conf'), 'utf8')).toBe('nameserver 192.0.2.1\n');
});

test('a folder that is a link, and a way out of the root, are refused', async () => {
  await symlink(folder, join(root, 'etc/pip'));

  await expect(seedFiles(root, [{ path: '/etc/pip/x', content: '' }])).rejects.toThrow('etc/pip is not a folder');
  await expect(seedFiles(root, [{ path: '/etc/../../x', content: '' }])).rejects.toThrow('not a path in a root');
});
