import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killCgroup, makeCgroup, removeCgroup } from './cgroups.ts';
import { type ExecOptions, type ExecResult, type HostMachine, HostNotRunningError } from './host-machine.ts';
import type { MachineSettings, SeedFile } from './machine-settings.ts';
import { mountOverlay, mountsBelow, removeTree, unmountBelow } from './mounts.ts';
import { machineName, type Names } from './names.ts';
import { type HostNetwork, setCable } from './network.ts';
import type { Root } from './roots.ts';
import { runProgram } from './run-program.ts';
import { seedFiles } from './seed-files.ts';
import { enterMachine, forgetMachine, inCgroup, leaderOf, nspawnArgv } from './spawn-machine.ts';
import { deadline, until } from './until.ts';

/** A host as its owner wants it. */
export interface HostSpec {
  /** Host name, and the folder of its state: lower-case letters, digits and dashes. */
  readonly name: string;
  readonly instanceId: string;
  readonly root: Root;
  /** In the network's subnet; the first is the one that others see. */
  readonly addresses: readonly string[];
  readonly zone: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Written before every boot, such as /etc/rollgate/endpoints. */
  readonly files?: readonly SeedFile[];
}

export type PowerState = 'stopped' | 'booting' | 'running' | 'stopping';

/** A Debian with systemd as process 1, on an overlay of its own. */
export interface SystemdHost extends HostMachine {
  readonly isSimulated: false;
  readonly cgroup: string;
  readonly network: HostNetwork;
  power(): PowerState;
  /** Its file system as this machine sees it, while it is up. */
  readonly files: string;
}

export interface HostOptions {
  readonly names: Names;
  readonly spec: HostSpec;
  readonly network: HostNetwork;
  readonly settings: MachineSettings;
  readonly onPower?: (host: SystemdHost, state: PowerState) => void;
}

const hostEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const bootSeconds = 60;
const orderlySeconds = 8;
/** nspawn's exit code where the machine asked to be started again. */
const rebootCode = 133;

/** Prepares a host that is switched off; its state of an earlier run is kept where it stands on the same root. */
export async function makeSystemdHost(options: HostOptions): Promise<SystemdHost> {
  const { names, spec, network, settings } = options;
  const folder = join(names.hostsDir, spec.name);
  const merged = join(folder, 'merged');
  const console = join(folder, 'console.log');
  const machine = machineName(names, spec.name);
  const cgroup = `${names.cgroup}/${spec.name}`;
  let power: PowerState = 'stopped';
  let leader: number | undefined;
  let isWanted = false;
  let nspawn: ChildProcess | undefined;
  let changing: Promise<unknown> = Promise.resolve();

  await adoptOverlay(folder, spec.root);

  const setPower = (state: PowerState) => {
    if (power === state) return;
    power = state;
    options.onPower?.(host, state);
  };
  /** Switching on and off happens one after another. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const next = changing.then(act, act);
    changing = next.catch(() => undefined);
    return next;
  };

  const enter = (argv: readonly string[], exec: ExecOptions = {}): Promise<ExecResult> => {
    if (leader === undefined) throw new HostNotRunningError(`${spec.name} (${spec.instanceId}) is not running`);
    return runProgram(enterMachine(leader, cgroup, argv), { ...exec, env: { ...hostEnv, ...exec.env } });
  };

  const boot = async (isReboot: boolean) => {
    setPower('booting');
    if (!isReboot) {
      const layers = { lower: spec.root.layers, upper: join(folder, 'upper'), work: join(folder, 'work'), at: merged };
      if ((await mountsBelow(merged)).length === 0) await mountOverlay(layers);
      await seedFiles(merged, [...identityOf(names, spec), ...settings.files, ...(spec.files ?? [])]);
    }
    await makeCgroup(cgroup);
    await setCable(network, 'up');
    const log = await open(console, isReboot ? 'a' : 'w', 0o600);
    const flags = [`--network-namespace-path=/run/netns/${network.namespace}`, '--capability=CAP_NET_ADMIN', '--boot'];
    const [file = '', ...args] = inCgroup(cgroup, [...nspawnArgv(merged, machine, settings.folders), ...flags]);
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...hostEnv, LC_ALL: 'C.UTF-8' },
    });
    nspawn = child;
    const ended = new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('exit', (code) => resolve(code));
    });
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    await log.close();
    const failure = async (what: string) => {
      const said = (await readFile(console, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
      return new Error(`${spec.name} did not boot: ${what}. The end of its console (${console}):\n${said}`);
    };
    try {
      const end = deadline(bootSeconds);
      await until(
        `${spec.name} has started systemd`,
        async () => {
          leader = child.pid === undefined ? undefined : await leaderOf(child.pid);
          return hasEnded || leader !== undefined;
        },
        end,
        5,
      );
      if (hasEnded) throw await failure('nspawn ended');
      await makeCgroup(`${cgroup}/exec`);
      await until(
        `${spec.name} has booted`,
        async () => {
          if (hasEnded) return true;
          const asked = await enter(['systemctl', 'is-system-running', '--wait'], { timeoutSeconds: bootSeconds });
          return ['running', 'degraded'].includes(asked.stdout.trim());
        },
        end,
      );
      if (hasEnded) throw await failure('it went down again');
    } catch (error) {
      await clear();
      throw error instanceof Error && error.message.startsWith('waited in vain') ? await failure(error.message) : error;
    }
    setPower('running');
    void ended.then((code) => onEnd(child, code));
  };

  /** After the machine's init process has ended, by itself, by order or by a kill. */
  const onEnd = (child: ChildProcess, code: number | null) => {
    if (nspawn !== child) return;
    leader = undefined;
    nspawn = undefined;
    if (code === rebootCode && isWanted) {
      setPower('booting');
      void inTurn(async () => {
        if (power === 'booting' && isWanted) await boot(true);
      }).catch(() => setPower('stopped'));
      return;
    }
    setPower('stopping');
    void inTurn(clear);
  };

  const clear = async () => {
    leader = undefined;
    nspawn = undefined;
    await killCgroup(cgroup);
    await removeCgroup(cgroup);
    if (existsSync(`/sys/class/net/${network.cable}`)) await setCable(network, 'down');
    await unmountBelow(merged);
    await forgetMachine(machine);
    setPower('stopped');
  };

  const host: SystemdHost = {
    instanceId: spec.instanceId,
    name: spec.name,
    zone: spec.zone,
    tags: spec.tags,
    addresses: spec.addresses,
    isSimulated: false,
    cgroup,
    network,
    files: merged,
    power: () => power,
    isRunning: () => power === 'running',
    exec: async (argv, exec) => {
      if (power !== 'running') throw new HostNotRunningError(`${spec.name} (${spec.instanceId}) is not running`);
      return enter(argv, exec);
    },
    writeFile: async (path, content, mode = 0o600) => {
      const script =
        'mkdir -p "$(dirname "$1")" && umask 077 && cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1"';
      const written = await host.exec(['sh', '-c', script, 'sh', path, mode.toString(8)], { stdin: content });
      if (written.code !== 0) throw new Error(`${spec.name}: could not write ${path}: ${written.stderr.trim()}`);
    },
    powerOn: () => {
      isWanted = true;
      return inTurn(async () => {
        if (power === 'running') return;
        await boot(false);
      });
    },
    powerOff: (how = 'orderly') => {
      isWanted = false;
      return inTurn(async () => {
        if (power === 'stopped') return;
        if (how === 'orderly' && leader !== undefined) {
          setPower('stopping');
          const order = enter(['systemctl', 'poweroff', '--no-wall'], { timeoutSeconds: orderlySeconds });
          await order.catch(() => undefined);
          const child = nspawn;
          const isDown = () => child === undefined || child.exitCode !== null || child.signalCode !== null;
          await until(`${spec.name} is down`, isDown, deadline(orderlySeconds)).catch(() => undefined);
        }
        await clear();
      });
    },
  };
  return host;
}

/** An overlay that stands on another root than it was made on would be a mixture of both: it is made anew. */
async function adoptOverlay(folder: string, root: Root): Promise<void> {
  const mark = join(folder, 'root-id');
  const found = await readFile(mark, 'utf8').catch(() => '');
  if (found.trim() !== root.id) await removeTree(folder);
  for (const part of ['upper', 'work', 'merged']) await mkdir(join(folder, part), { recursive: true });
  await writeFile(mark, `${root.id}\n`);
}

function identityOf(names: Names, spec: HostSpec): readonly SeedFile[] {
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
