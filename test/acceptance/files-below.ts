import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Every file below a directory with its text, the named entries at its top left out. */
export async function* filesBelow(
  directory: string,
  leftOut: readonly string[],
): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (leftOut.includes(entry.name)) continue;
    if (entry.isDirectory()) yield* filesBelow(path, []);
    else if (entry.isFile()) yield { path, text: (await readFile(path)).toString('utf8') };
  }
}
