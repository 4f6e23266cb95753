import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { hierarchies, makeCgroup, removeCgroup } from './cgroups.ts';
import { mountOverlay, removeTree } from './mounts.ts';
import { mustRun, type ProgramOptions, runProgram } from './run-program.ts';

/** Debian's package of each program that local hosts need. */
const packageOf: Readonly<Record<string, string>> = {
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  flock: 'util-linux',
  mount: 'mount',
};

export interface ToolOptions {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Why systemd hosts can't run on this machine and what would help, in one sentence; undefined where they can. Installs
 * what is missing where it may: as root on a Debian.
 */
export async function ensureHostTools(options: ToolOptions = {}): Promise<string | undefined> {
  if (process.platform !== 'linux')
    return 'systemd hosts need Linux: run Rollgate in a Linux virtual machine to have them';
  if (process.getuid?.() !== 0) return 'systemd hosts need root: run this as root (sudo npm start) to have them';
  const missing = missingTools();
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((program) => packageOf[program] ?? program))];
  // A Debian root can be made on Ubuntu, but only with Debian's keys.
  if (missing.includes('mmdebstrap')) packages.push('debian-archive-keyring');
  const advice = `install ${packages.join(' ')} to have them`;
  if (!hasProgram('apt-get')) return `systemd hosts need ${missing.join(', ')}, which this machine lacks: ${advice}`;
  options.onProgress?.(`Installing ${packages.join(' ')}`);
  const run: ProgramOptions = {
    env: { ...definedEnv(), DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1', LC_ALL: 'C.UTF-8' },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  // A third-party source that is down makes `update` fail although Debian's own lists are fresh: `install` decides.
  await runProgram(['apt-get', 'update'], run);
  // Another apt at work on this machine is waited for.
  const patient = ['--option', 'DPkg::Lock::Timeout=300'];
  const installed = await runProgram(
    ['apt-get', 'install', ...patient, '--yes', '--no-install-recommends', ...packages],
    run,
  );
  if (missingTools().length === 0) return undefined;
  const said = installed.stderr.trim().split('\n').at(-1) ?? '';
  return `systemd hosts need ${missingTools().join(', ')}, and apt-get could not install them (${said}): ${advice}`;
}

/**
 * Tries, with the means that a host takes, whether this machine (a container, perhaps) allows them. One sentence where it
 * does not; undefined where it does. Leaves nothing behind.
 */
export async function probeHosts(stateDir: string): Promise<string | undefined> {
  await mkdir(stateDir, { recursive: true });
  const dir = await realpath(stateDir);
  if (/[,:\\]/.test(dir))
    return `systemd hosts can't live in ${dir}: overlayfs takes no path with a comma, colon or backslash, so move the checkout`;
  if (hierarchies().length === 0)
    return 'systemd hosts need cgroups, and /sys/fs/cgroup has none: mount them to have hosts';
  const cgroup = `rollgate-probe-${process.pid}`;
  const namespace = cgroup;
  const scratch = await mkdtemp(join(dir, 'probe-'));
  const attempts: readonly { readonly need: string; readonly act: () => Promise<unknown> }[] = [
    { need: 'to make cgroups', act: () => makeCgroup(cgroup) },
    {
      need: `to mount overlayfs in ${dir}`,
      act: async () => {
        const [lower, upper, work, at] = ['lower', 'upper', 'work', 'at'].map((name) => join(scratch, name)) as [
          string,
          string,
          string,
          string,
        ];
        for (const path of [lower, upper, work, at]) await mkdir(path);
        await mountOverlay({ lower: [lower], upper, work, at });
      },
    },
    {
      need: 'to make namespaces',
      act: () =>
        mustRun([
          'unshare',
          '--mount',
          '--uts',
          '--ipc',
          '--pid',
          '--fork',
          '--cgroup',
          'mount',
          '-t',
          'tmpfs',
          'none',
          '/mnt',
        ]),
    },
    { need: 'to make network namespaces', act: () => mustRun(['ip', 'netns', 'add', namespace]) },
    { need: 'to make bridges', act: () => mustRun(['ip', '-n', namespace, 'link', 'add', 'probe0', 'type', 'bridge']) },
    {
      need: 'to make veth pairs',
      act: () => mustRun(['ip', '-n', namespace, 'link', 'add', 'probe1', 'type', 'veth', 'peer', 'name', 'probe2']),
    },
    {
      need: 'to translate addresses with iptables',
      act: () =>
        mustRun([
          'nsenter',
          `--net=/run/netns/${namespace}`,
          'iptables',
          '-w',
          '10',
          '-t',
          'nat',
          '-A',
          'POSTROUTING',
          '-m',
          'comment',
          '--comment',
          'probe',
          '-j',
          'MASQUERADE',
        ]),
    },
  ];
  try {
    for (const { need, act } of attempts) {
      try {
        await act();
      } catch (error) {
        const said = error instanceof Error ? (error.message.trim().split('\n').at(1) ?? error.message) : String(error);
        return `systemd hosts need ${need}, which this machine does not allow (${said}): use a machine or a privileged container that does`;
      }
    }
    return undefined;
  } finally {
    await runProgram(['ip', 'netns', 'delete', namespace]);
    await removeCgroup(cgroup);
    await removeTree(scratch);
  }
}

function missingTools(): readonly string[] {
  return Object.keys(packageOf).filter((program) => !hasProgram(program));
}

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    const path = join(folder, name);
    if (!existsSync(path)) return false;
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
