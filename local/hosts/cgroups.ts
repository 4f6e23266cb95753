import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deadline, until } from './until.ts';

const top = '/sys/fs/cgroup';

/**
 * The hierarchies in which a host gets a cgroup of its own. Without them all hosts share one cgroup: `systemctl stop` then
 * fails in a host and processes outlive their service.
 */
export function hierarchies(): readonly string[] {
  if (existsSync(join(top, 'cgroup.controllers'))) return [top];
  return ['systemd', 'unified', 'memory', 'cpu', 'pids']
    .map((name) => join(top, name))
    .filter((path) => existsSync(path));
}

/** The hierarchy that lists every process of a host. */
function tracking(): string | undefined {
  return hierarchies()[0];
}

/** Makes the cgroup in every hierarchy; `path` is relative, such as `rollgate-1a2b3c/payment-1`. */
export async function makeCgroup(path: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    if (hierarchy === top) await handDownControllers(path);
    await mkdir(join(hierarchy, path), { recursive: true });
  }
}

/** Where a process enters: the files into which it writes `0`. */
export function entriesOf(path: string): readonly string[] {
  return hierarchies().map((hierarchy) => join(hierarchy, path, 'cgroup.procs'));
}

/** Every process in the cgroup and below. */
export async function processesIn(path: string): Promise<readonly number[]> {
  const hierarchy = tracking();
  if (hierarchy === undefined) return [];
  const lists = await Promise.all((await foldersOf(join(hierarchy, path))).map((folder) => readProcesses(folder)));
  return lists.flat();
}

/** SIGKILL to everything in the cgroup, again and again until it is empty. */
export async function killCgroup(path: string): Promise<void> {
  const end = deadline(15);
  await until(
    `the processes of ${path} are gone`,
    async () => {
      const pids = await processesIn(path);
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // gone meanwhile
        }
      }
      return pids.length === 0;
    },
    end,
  );
}

/** Removes an empty cgroup with all below it, in every hierarchy. */
export async function removeCgroup(path: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    for (const folder of await foldersOf(join(hierarchy, path))) {
      // The kernel may count a dead process for a moment longer.
      await until(`${folder} is removed`, () => removed(folder), deadline(5));
    }
  }
}

/** Deepest first. */
async function foldersOf(folder: string): Promise<readonly string[]> {
  let names: readonly { readonly name: string; isDirectory(): boolean }[];
  try {
    names = await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  const below = await Promise.all(
    names.filter((entry) => entry.isDirectory()).map((entry) => foldersOf(join(folder, entry.name))),
  );
  return [...below.flat(), folder];
}

async function readProcesses(folder: string): Promise<readonly number[]> {
  try {
    const text = await readFile(join(folder, 'cgroup.procs'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

async function removed(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}

/** In cgroup v2 a cgroup has only the controllers that every cgroup above it hands down. */
async function handDownControllers(path: string): Promise<void> {
  let folder = top;
  for (const part of path.split('/')) {
    for (const controller of ['memory', 'pids', 'cpu']) {
      try {
        await writeFile(join(folder, 'cgroup.subtree_control'), `+${controller}`);
      } catch {
        // not there, or not ours to hand down: the host boots without it
      }
    }
    folder = join(folder, part);
    await mkdir(folder, { recursive: true });
  }
}
