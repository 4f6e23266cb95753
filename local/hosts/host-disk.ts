import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeedFile } from './machine-settings.ts';
import { removeTree } from './mounts.ts';
import type { Names } from './names.ts';
import type { Root } from './roots.ts';

/** An overlay that stands on another root than it was made on would be a mixture of both: it is made anew. */
export async function adoptOverlay(folder: string, root: Root): Promise<void> {
  const mark = join(folder, 'root-id');
  const found = await readFile(mark, 'utf8').catch(() => '');
  if (found.trim() !== root.id) await removeTree(folder);
  for (const part of ['upper', 'work', 'merged']) await mkdir(join(folder, part), { recursive: true });
  await writeFile(mark, `${root.id}\n`);
}

/** Who the host is, in the files that say so. */
export function identityOf(
  names: Names,
  spec: { readonly name: string; readonly addresses: readonly string[] },
): readonly SeedFile[] {
  const machineId = createHash('sha256').update(`${names.stateDir} ${spec.name}`).digest('hex').slice(0, 32);
  return [
    // The base's own name would win over nspawn's --hostname.
    { path: '/etc/hostname', content: `${spec.name}\n` },
    {
      path: '/etc/hosts',
      content: `127.0.0.1 localhost\n::1 localhost\n${spec.addresses[0] ?? '127.0.1.1'} ${spec.name}\n`,
    },
    { path: '/etc/machine-id', content: `${machineId}\n`, mode: 0o444 },
  ];
}
