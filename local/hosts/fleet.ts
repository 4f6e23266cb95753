import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { killCgroup, processesIn, removeCgroup } from './cgroups.ts';
import { readMachineSettings } from './machine-settings.ts';
import { removeTree, unmountBelow } from './mounts.ts';
import { type Names, namesOf } from './names.ts';
import { iptables, type Network, openNetwork, plugIn, removeNetwork } from './network.ts';
import { abandoned, forgetClaim, takeOwnership, withRegistry } from './registry.ts';
import { forgetMachine } from './spawn-machine.ts';
import { type HostOptions, type HostSpec, makeSystemdHost, type SystemdHost } from './systemd-host.ts';

export interface FleetOptions {
  /** Told whenever a host goes up or down, also where it does so by itself. */
  readonly onPower?: HostOptions['onPower'];
}

/** The hosts of one state folder, with their network. One per state folder and machine. */
export interface Fleet {
  readonly network: Network;
  /** Boots hosts, all at once; what an earlier run left of their state is kept. */
  startHosts(specs: readonly HostSpec[]): Promise<readonly SystemdHost[]>;
  hosts(): readonly SystemdHost[];
  /** From now on hosts reach `http://169.254.169.254` at this port of the engine's address on the bridge. */
  setMetadataPort(port: number): Promise<void>;
  /** Shuts all hosts down and removes everything from this machine but their files; a second call waits for the first. */
  stopAll(how?: 'orderly' | 'cut'): Promise<void>;
}

/**
 * Removes what a crashed run left, takes the state folder and makes its network. Throws where another engine has it.
 * Then: bind servers to `network.gateway`, start hosts.
 */
export async function openFleet(stateDir: string, options: FleetOptions = {}): Promise<Fleet> {
  const names = await namesOf(stateDir);
  const owner = await takeOwnership(names);
  await mkdir(names.hostsDir, { recursive: true, mode: 0o700 });
  let network: Network;
  try {
    network = await withRegistry(async () => {
      for (const lost of [...(await abandoned(names)), names]) await sweep(lost);
      return openNetwork(names);
    });
  } catch (error) {
    await withRegistry(() => sweep(names));
    await owner.release();
    throw error;
  }

  const settings = await readMachineSettings();
  const hosts: SystemdHost[] = [];
  let metadataPort: number | undefined;
  let stopping: Promise<void> | undefined;

  const redirectMetadata = async (host: SystemdHost, port: number) => {
    const { namespace } = host.network;
    await iptables(['-t', 'nat', '-F', 'OUTPUT'], namespace);
    const toMetadata = ['-d', '169.254.169.254', '-p', 'tcp', '--dport', '80'];
    await iptables(
      ['-t', 'nat', '-A', 'OUTPUT', ...toMetadata, '-j', 'DNAT', '--to-destination', `${network.gateway}:${port}`],
      namespace,
    );
  };

  const starting = new Set<Promise<unknown>>();
  const startHost = async (spec: HostSpec) => {
    const cable = await plugIn(names, network, spec.name, spec.addresses);
    const onPower = options.onPower === undefined ? {} : { onPower: options.onPower };
    const host = await makeSystemdHost({ names, spec, network: cable, settings, ...onPower });
    hosts.push(host);
    if (metadataPort !== undefined) await redirectMetadata(host, metadataPort);
    if (stopping !== undefined) throw new Error('the hosts are being stopped');
    await host.powerOn();
    return host;
  };

  return {
    network,
    hosts: () => hosts,
    startHosts: async (specs) => {
      if (stopping !== undefined) throw new Error('the hosts are being stopped');
      for (const spec of specs) {
        if (!/^[a-z][a-z0-9-]{0,30}$/.test(spec.name))
          throw new Error(`${spec.name}: not a host name of lower-case letters, digits and dashes`);
        if (spec.addresses.length === 0 || !spec.addresses.every((address) => address.startsWith(network.prefix))) {
          throw new Error(`${spec.name}: addresses have to be in ${network.subnet}`);
        }
      }
      const tasks = specs.map(startHost);
      for (const task of tasks) starting.add(task);
      const started = await Promise.allSettled(tasks);
      for (const task of tasks) starting.delete(task);
      return started.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    },
    setMetadataPort: async (port) => {
      metadataPort = port;
      await Promise.all(hosts.map((host) => redirectMetadata(host, port)));
    },
    stopAll: (how = 'orderly') => {
      stopping ??= (async () => {
        // Switching off ends a boot; a host that was not there yet is met in the second round.
        for (let round = 0; round < 2; round++) {
          await Promise.allSettled(hosts.map((host) => host.powerOff(how)));
          await Promise.allSettled(starting);
        }
        await withRegistry(() => sweep(names));
        await owner.release();
      })();
      return stopping;
    },
  };
}

/** Removes what a crashed run left behind on this machine; the hosts' files stay. Throws where an engine still runs there. */
export async function sweepLeftovers(stateDir: string): Promise<void> {
  const names = await namesOf(stateDir);
  const owner = await takeOwnership(names);
  try {
    await withRegistry(() => sweep(names));
  } finally {
    await owner.release();
  }
}

/** Forgets the hosts of a state folder, files and all. Throws where an engine still runs there. */
export async function discardHosts(stateDir: string): Promise<void> {
  const { hostsDir } = await namesOf(stateDir);
  // Simulated hosts never made it: the tools to sweep with may be missing.
  if (!existsSync(hostsDir)) return;
  await sweepLeftovers(stateDir);
  await removeTree(hostsDir);
}

/** Nothing there is fine; each step finds its things by the mark alone, so that any crash is covered. */
async function sweep(names: Names): Promise<void> {
  if ((await processesIn(names.cgroup)).length > 0) await killCgroup(names.cgroup);
  await unmountBelow(names.hostsDir);
  await removeNetwork(names);
  await removeCgroup(names.cgroup);
  for (const entry of await readdir('/run/systemd/nspawn/propagate').catch(() => [])) {
    if (entry.startsWith(`${names.bridge}-`)) await forgetMachine(entry);
  }
  await forgetClaim(names);
}
