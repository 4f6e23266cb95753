import { readFile, readlink, rmdir } from 'node:fs/promises';
import { entriesOf } from './cgroups.ts';

/** Enters the cgroups named up to `--`, then becomes the program after it. */
const enterThenExec =
  'while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; unset PWD OLDPWD SHLVL _; exec "$@"';

/** Argv that runs a program inside a cgroup: the move is made before the program starts, so no child escapes it. */
export function inCgroup(path: string, argv: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', enterThenExec, 'sh', ...entriesOf(path), '--', ...argv];
}

/** What no host may do: the clock, the kernel's modules and its memory belong to the machine. */
const withheld = ['sys_time', 'sys_module', 'sys_rawio'] as const;

/** Argv that enters a booted machine by its init process. */
export function enterMachine(leader: number, cgroup: string, argv: readonly string[]): readonly string[] {
  const bounds = `--bounding-set=${withheld.map((name) => `-${name}`).join(',')}`;
  return inCgroup(`${cgroup}/exec`, ['setpriv', bounds, 'nsenter', `--target=${leader}`, '--all', '--', ...argv]);
}

/** Flags that every nspawn of ours shares: nothing of the machine's session, settings or journal is mixed in. */
export function nspawnArgv(root: string, machine: string, folders: readonly string[]): readonly string[] {
  return [
    'systemd-nspawn',
    `--directory=${root}`,
    `--machine=${machine}`,
    '--settings=no',
    '--register=no',
    '--keep-unit',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--drop-capability=CAP_SYS_TIME',
    ...folders.map((folder) => `--bind-ro=${folder}`),
  ];
}

/**
 * The init process of a machine, once it really is systemd: before that the process still sees this machine's own files,
 * and a command run in it would run on this machine.
 */
export async function leaderOf(nspawn: number): Promise<number | undefined> {
  try {
    const children = (await readFile(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8'))
      .split(' ')
      .filter((word) => word !== '');
    for (const child of children) {
      const status = await readFile(`/proc/${child}/status`, 'utf8');
      const isInit = /^NSpid:\s+\d+\s+1$/m.test(status);
      const program = await readlink(`/proc/${child}/exe`);
      if (isInit && program.endsWith('/systemd')) return Number(child);
    }
  } catch {
    // a process went away meanwhile: ask again
  }
  return undefined;
}

/** Removes the folder that nspawn leaves behind where it was killed, and always where /run is on a disk. */
export async function forgetMachine(machine: string): Promise<void> {
  await rmdir(`/run/systemd/nspawn/propagate/${machine}`).catch(() => undefined);
}
