import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killCgroup, makeCgroup, processesIn, removeCgroup } from './cgroups.ts';
import { takeLock } from './held-lock.ts';
import type { ExecOptions, ExecResult } from './host-machine.ts';
import { type MachineSettings, readMachineSettings, type SeedFile } from './machine-settings.ts';
import { mountOverlay, mountsBelow, removeTree, unmountBelow } from './mounts.ts';
import { mustRun, runProgram } from './run-program.ts';
import { seedFiles } from './seed-files.ts';
import { forgetMachine, inCgroup, nspawnArgv } from './spawn-machine.ts';

/** A file system to boot hosts from, never written to again once it is made. */
export interface Root {
  /** `base-1a2b3c4d5e6f`: name and hash of the recipe and of everything below it. */
  readonly id: string;
  /** Folders for overlayfs, topmost first. */
  readonly layers: readonly string[];
}

export interface RootOptions {
  /** One line whenever there is something to tell a person who waits. */
  readonly onProgress?: (line: string) => void;
  /** Aborting ends the making and leaves nothing half made. */
  readonly signal?: AbortSignal;
}

/** A root while it is being made: not booted, on this machine's network. */
export interface LayerHost {
  /** Runs a command as root; throws with its last lines where it fails. */
  run(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
}

/** Runs only where the root is not cached; everything that is done here must be told by the recipe. */
export interface LayerPlan {
  readonly name: string;
  /** Text that changes whenever the content should: the list of packages, the version of what is put in. */
  readonly recipe: string;
  readonly parent: Root;
  readonly build: (host: LayerHost) => Promise<void>;
}

const basePackages = 'systemd,systemd-sysv,dbus,python3,iproute2,curl,unzip,ca-certificates';
const baseSuite = 'bookworm';

/** Timers would start apt and trim disks in the middle of a rollout; nobody logs in on a console. */
const masked = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'console-getty.service',
  'getty@tty1.service',
  'systemd-pstore.service',
];

const baseFiles: readonly SeedFile[] = [
  { path: '/etc/systemd/journald.conf.d/rollgate.conf', content: '[Journal]\nStorage=persistent\nSystemMaxUse=64M\n' },
  { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n' },
];

/** A minimal Debian with systemd, made once by mmdebstrap: about 20 s and 260 MB. */
export function ensureBaseRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const recipe = ['1', basePackages, baseSuite, ...masked, JSON.stringify(baseFiles)].join('\n');
  const id = idOf('base', recipe, []);
  return ensure(rootsDir, id, [], options, async (folder, settings, cgroup) => {
    options.onProgress?.('Making the root file system of the hosts with mmdebstrap (once, about half a minute)');
    const aptOptions = ['Acquire::Languages "none";', ...settings.aptOptions].map((option) => `--aptopt=${option}`);
    await mustRun(
      inCgroup(cgroup, [
        'mmdebstrap',
        '--variant=minbase',
        '--quiet',
        `--include=${basePackages}`,
        '--dpkgopt=force-unsafe-io',
        ...aptOptions,
        baseSuite,
        folder,
      ]),
      runOptions(options),
    );
    await seedFiles(folder, [...baseFiles, ...settings.files]);
    await mkdir(join(folder, 'var/log/journal'), { recursive: true });
    const units = masked.map((unit) => join(folder, 'etc/systemd/system', unit));
    for (const unit of units) await mustRun(['ln', '--symbolic', '--force', '/dev/null', unit]);
  });
}

/** A further root on top of another one, made once. */
export function ensureLayer(rootsDir: string, plan: LayerPlan, options: RootOptions = {}): Promise<Root> {
  const id = idOf(plan.name, plan.recipe, [plan.parent.id]);
  return ensure(rootsDir, id, plan.parent.layers, options, async (folder, settings, cgroup, scratch) => {
    options.onProgress?.(`Making the root file system "${plan.name}" (once)`);
    const at = join(scratch, 'merged');
    const work = join(scratch, 'work');
    for (const path of [at, work]) await mkdir(path);
    await mountOverlay({ lower: plan.parent.layers, upper: folder, work, at });
    const noStarts: SeedFile = { path: '/usr/sbin/policy-rc.d', content: '#!/bin/sh\nexit 101\n', mode: 0o755 };
    await seedFiles(at, [...settings.files, noStarts]);
    const machine = `rollgate-${hash(scratch).slice(0, 6)}-layer`;
    const run = async (argv: readonly string[], exec: ExecOptions = {}) => {
      const set = Object.entries({ DEBIAN_FRONTEND: 'noninteractive', ...exec.env }).map(
        ([key, value]) => `--setenv=${key}=${value}`,
      );
      const nspawn = [...nspawnArgv(at, machine, settings.folders), '--quiet', '--pipe', '--as-pid2', ...set];
      const result = await runProgram(inCgroup(cgroup, [...nspawn, '--', ...argv]), {
        ...runOptions(options),
        ...exec,
        env: outsideEnv,
      });
      if (result.code === 0) return result;
      const lines = `${result.stdout}\n${result.stderr}`.trim().split('\n');
      // nspawn's farewell about a folder of its own, wherever /run is on a disk.
      const said = lines
        .filter((line) => !line.startsWith('Attempted to remove disk file system'))
        .slice(-15)
        .join('\n');
      throw new Error(
        `making the root "${plan.name}": ${argv.join(' ')}: ${result.signal ?? `exit ${result.code}`}\n${said}`,
      );
    };
    await plan.build({
      run,
      writeFile: (path, content, mode) => seedFiles(at, [{ path, content, mode: mode ?? 0o644 }]),
    });
    await mustRun(['rm', '--force', join(at, 'usr/sbin/policy-rc.d')]);
    await unmountBelow(scratch);
    await forgetMachine(machine);
  });
}

/** A layer that is nothing but Debian packages. */
export function ensurePackageLayer(
  rootsDir: string,
  plan: { readonly name: string; readonly packages: readonly string[]; readonly parent: Root },
  options: RootOptions = {},
): Promise<Root> {
  const build = async (host: LayerHost) => {
    await host.run(['apt-get', 'update']);
    await host.run(['apt-get', 'install', '--yes', '--no-install-recommends', ...plan.packages]);
    await host.run(['sh', '-c', 'apt-get clean; rm -rf /var/lib/apt/lists/*']);
  };
  return ensureLayer(
    rootsDir,
    { name: plan.name, parent: plan.parent, recipe: plan.packages.join(' '), build },
    options,
  );
}

const outsideEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };

function runOptions(options: RootOptions) {
  return options.signal === undefined ? {} : { signal: options.signal };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `warm` of `warm-1a2b3c4d5e6f`. */
function nameOf(id: string): string {
  return id.slice(0, id.lastIndexOf('-'));
}

function idOf(name: string, recipe: string, parents: readonly string[]): string {
  return `${name}-${hash([recipe, ...parents].join('\n')).slice(0, 12)}`;
}

/**
 * Makes a root under another name and renames it when it is whole: a kill in the middle leaves no half root, only a folder
 * and processes that the next making of that name removes. Roots of different names are made at the same time; whoever
 * wants one that is being made waits and finds it made.
 */
async function ensure(
  rootsDir: string,
  id: string,
  parents: readonly string[],
  options: RootOptions,
  make: (folder: string, settings: MachineSettings, cgroup: string, scratch: string) => Promise<void>,
): Promise<Root> {
  await mkdir(rootsDir, { recursive: true, mode: 0o700 });
  await chmod(rootsDir, 0o700);
  const dir = await realpath(rootsDir);
  const path = join(dir, id);
  const root: Root = { id, layers: [join(path, 'files'), ...parents] };
  if (await isThere(path)) return root;
  const name = nameOf(id);
  const lock = await takeLock(join(dir, `.lock-${name}`), { wait: true, ...runOptions(options) });
  if (lock === undefined) throw new Error(`making the root ${id} was given up`);
  const cgroup = `rollgate-roots-${hash(dir).slice(0, 6)}-${name}`;
  const scratch = join(dir, `.making-${name}`);
  try {
    if (await isThere(path)) return root;
    await discard(scratch, cgroup);
    const folder = join(scratch, 'made', 'files');
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await makeCgroup(cgroup);
    await make(folder, await readMachineSettings(), cgroup, scratch);
    await writeFile(join(scratch, 'made', 'recipe-name'), `${id}\n`);
    await rename(join(scratch, 'made'), path);
    await removeOutdated(dir, id);
    return root;
  } finally {
    await discard(scratch, cgroup);
    await lock.release();
  }
}

async function discard(scratch: string, cgroup: string): Promise<void> {
  if ((await processesIn(cgroup)).length > 0) await killCgroup(cgroup);
  await removeCgroup(cgroup);
  await removeTree(scratch);
}

/** Roots of the same name made by an older recipe, unless a running host stands on them. */
async function removeOutdated(dir: string, id: string): Promise<void> {
  const name = nameOf(id);
  const inUse = await mustRun(['cat', '/proc/self/mountinfo']);
  for (const entry of await readdir(dir)) {
    const isOlder = entry !== id && /-[0-9a-f]{12}$/.test(entry) && nameOf(entry) === name;
    if (isOlder && !inUse.includes(join(dir, entry)) && (await mountsBelow(join(dir, entry))).length === 0)
      await removeTree(join(dir, entry));
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
