import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const top = '/sys/fs/cgroup';

/** Bounds the memory of everything in the cgroup; undefined lifts the bound. A unit's own MemoryMax= has no effect in a host. */
export async function limitMemory(path: string, bytes: number | undefined): Promise<void> {
  const [file, none] = existsSync(join(top, 'cgroup.controllers'))
    ? [join(top, path, 'memory.max'), 'max']
    : [join(top, 'memory', path, 'memory.limit_in_bytes'), '-1'];
  await writeFile(file, bytes === undefined ? none : String(bytes));
}
