import { chmod, lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeedFile } from './machine-settings.ts';

/**
 * Writes files into a root from outside, root-owned. A link in it could lead out of the root and onto this machine, so
 * folders that are links are refused and a file that is a link is replaced.
 */
export async function seedFiles(root: string, files: readonly SeedFile[]): Promise<void> {
  for (const file of files) {
    const parts = file.path.split('/').filter((part) => part !== '');
    const name = parts.pop();
    if (name === undefined || parts.includes('..') || name === '..')
      throw new Error(`${file.path}: not a path in a root`);
    let folder = root;
    for (const part of parts) {
      folder = join(folder, part);
      const found = await lstat(folder).catch(() => undefined);
      if (found === undefined) await mkdir(folder, { mode: 0o755 });
      else if (!found.isDirectory()) throw new Error(`${file.path}: ${folder} is not a folder`);
    }
    const path = join(folder, name);
    await rm(path, { force: true });
    await writeFile(path, file.content, { flag: 'wx' });
    await chmod(path, file.mode ?? 0o644);
  }
}
