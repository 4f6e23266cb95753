import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killCgroup, makeCgroup, removeCgroup } from './cgroups.ts';
import { adoptOverlay, identityOf } from './host-disk.ts';
import { type ExecOptions, type ExecResult, type HostMachine, HostNotRunningError } from './host-machine.ts';
import type { MachineSettings, SeedFile } from './machine-settings.ts';
import { mountOverlay, mountsBelow, unmountBelow } from './mounts.ts';
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
  /** `problem` says why a reboot from within did not come up again. */
  readonly onPower?: (host: SystemdHost, state: PowerState, problem?: unknown) => void;
}

const hostEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const bootSeconds = 60;
/** A unit that takes longer to start holds back `running`, but not the host. */
const settleSeconds = 20;
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
  let giveUpBoot = new AbortController();

  await adoptOverlay(folder, spec.root);

  const setPower = (state: PowerState, problem?: unknown) => {
    if (power === state && problem === undefined) return;
    power = state;
    options.onPower?.(host, state, problem);
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
    const { signal } = giveUpBoot;
    setPower('booting');
    if (!isReboot) {
      const layers = { lower: spec.root.layers, upper: join(folder, 'upper'), work: join(folder, 'work'), at: merged };
      if ((await mountsBelow(merged)).length === 0) await mountOverlay(layers);
      await seedFiles(merged, [...identityOf(names, spec), ...settings.files, ...(spec.files ?? [])]);
    }
    await makeCgroup(cgroup);
    await setCable(network, 'up');
    const { child, ended } = await startNspawn(isReboot);
    try {
      await untilBooted(child, signal);
    } catch (error) {
      // It may not have entered its cgroup yet, where clear() would find it.
      if (child.pid !== undefined && !hasEnded(child)) child.kill('SIGKILL');
      await ended;
      const said = (await readFile(console, 'utf8')).trimEnd().split('\n').slice(-15).join('\n');
      await clear();
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`${spec.name} did not boot: ${what}. The end of its console (${console}):\n${said}`, {
        cause: error,
      });
    }
    setPower('running');
    void ended.then((code) => onEnd(child, code));
  };

  const startNspawn = async (isReboot: boolean) => {
    const log = await open(console, isReboot ? 'a' : 'w', 0o600);
    const flags = [`--network-namespace-path=/run/netns/${network.namespace}`, '--capability=CAP_NET_ADMIN', '--boot'];
    const [file = '', ...args] = inCgroup(cgroup, [...nspawnArgv(merged, machine, settings.folders), ...flags]);
    const env = { ...hostEnv, LC_ALL: 'C.UTF-8' };
    const child = spawn(file, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env });
    nspawn = child;
    const ended = new Promise<number | null>((resolve) => {
      child.once('error', () => resolve(null));
      child.once('exit', (code) => resolve(code));
    });
    await log.close();
    return { child, ended };
  };

  const untilBooted = async (child: ChildProcess, signal: AbortSignal) => {
    const end = deadline(bootSeconds);
    const check = () => {
      signal.throwIfAborted();
      if (child.pid === undefined || hasEnded(child)) throw new Error('nspawn has ended');
    };
    const findLeader = async () => {
      check();
      leader = await leaderOf(child.pid ?? 0);
      return leader !== undefined;
    };
    await until('systemd has started', findLeader, end, 5);
    await makeCgroup(`${cgroup}/exec`);
    const isUp = async () => {
      check();
      const waited = await enter(['systemctl', 'is-system-running', '--wait'], {
        timeoutSeconds: settleSeconds,
        signal,
      });
      check();
      if (waited.timedOut !== true) return ['running', 'degraded'].includes(waited.stdout.trim());
      return (
        (await enter(['systemctl', 'is-system-running'], { timeoutSeconds: 5, signal })).stdout.trim() === 'starting'
      );
    };
    await until('its units have started', isUp, end);
  };

  /** After the machine's init process has ended, by itself, by order or by a kill. */
  const onEnd = (child: ChildProcess, code: number | null) => {
    if (nspawn !== child) return;
    leader = undefined;
    nspawn = undefined;
    const isReboot = code === rebootCode && isWanted;
    setPower(isReboot ? 'booting' : 'stopping');
    inTurn(async () => {
      // Where somebody has switched it on or off meanwhile, all is done already.
      if (nspawn !== undefined || power === 'stopped') return;
      if (isReboot && isWanted) await boot(true);
      else await clear();
    }).catch((error: unknown) => setPower('stopped', error));
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
      const began = nspawn;
      const result = await enter(argv, exec);
      // Whatever the entering said as the floor gave way: nothing that runs on a host outlives it.
      return nspawn === began ? result : { ...result, code: null, signal: 'SIGKILL' };
    },
    writeFile: async (path, content, mode = 0o600) => {
      const script =
        'mkdir -p "$(dirname "$1")" && umask 077 && cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1"';
      const written = await host.exec(['sh', '-c', script, 'sh', path, mode.toString(8)], { stdin: content });
      if (written.code !== 0) throw new Error(`${spec.name}: could not write ${path}: ${written.stderr.trim()}`);
    },
    powerOn: () => {
      isWanted = true;
      giveUpBoot = new AbortController();
      return inTurn(async () => {
        if (power === 'running') return;
        await boot(false);
      });
    },
    powerOff: (how = 'orderly') => {
      isWanted = false;
      giveUpBoot.abort(new Error('it was switched off meanwhile'));
      return inTurn(async () => {
        if (power === 'stopped') return;
        if (how === 'orderly' && leader !== undefined) {
          setPower('stopping');
          const order = enter(['systemctl', 'poweroff', '--no-wall'], { timeoutSeconds: orderlySeconds });
          await order.catch(() => undefined);
          const child = nspawn;
          const isDown = () => child === undefined || hasEnded(child);
          await until(`${spec.name} is down`, isDown, deadline(orderlySeconds)).catch(() => undefined);
        }
        await clear();
      });
    },
  };
  return host;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
