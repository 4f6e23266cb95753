import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../local/hosts/held-lock.ts';
import { packageStack, stackSources } from './package-stack.ts';

const projectRoot = join(import.meta.dirname, '..');
/** Another caller that is packaging: two busy processors may take long, but not this long. */
const lockSeconds = 600;

/**
 * The folder with the stack as it is packaged from the present sources. It is packaged once for each state of them, since
 * that takes many seconds of both processors; callers at once, of other processes too, wait for each other. Throws with the
 * framework's own words.
 */
export async function packagedStackFolder(): Promise<string> {
  const parent = join(projectRoot, '.rollgate', 'packaged');
  const folder = join(parent, sourcesHash());
  if (existsSync(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const signal = AbortSignal.timeout(lockSeconds * 1000);
  const lock = await takeLock(join(parent, 'lock'), { wait: true, signal });
  if (lock === undefined) throw new Error(`another process has held ${parent}/lock for ${lockSeconds} s`);
  try {
    if (existsSync(folder)) return folder;
    for (const name of readdirSync(parent).filter((each) => each !== 'lock')) {
      rmSync(join(parent, name), { recursive: true });
    }
    await packageStack(`${folder}.new`);
    renameSync(`${folder}.new`, folder);
    return folder;
  } finally {
    await lock.release();
  }
}

/** Of all that the package is made of; the lock file stands for the packages of npm. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const file of stackSources.flatMap((name) => filesUnder(join(projectRoot, name)))) {
    hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function filesUnder(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesUnder(join(path, name)));
}
