import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cableName, machineName, type Names } from './names.ts';
import { claimedSubnets, rememberClaim } from './registry.ts';
import { mustRun, runProgram, tryRun } from './run-program.ts';

const firstSubnet = 77;

/** One bridge, one subnet of 256 addresses, the engine at .1, NAT to everywhere else. */
export interface Network {
  readonly bridge: string;
  /** `10.213.77.` */
  readonly prefix: string;
  /** `10.213.77.0/24` */
  readonly subnet: string;
  /** The engine's address on the bridge: `10.213.77.1`. */
  readonly gateway: string;
  readonly mtu: number;
}

/** `ip` answers in JSON. */
async function ipJson(args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const text = await mustRun(['ip', '-json', ...args]);
  const parsed: unknown = text.trim() === '' ? [] : JSON.parse(text);
  return Array.isArray(parsed) ? parsed : [];
}

/** Makes the bridge with its rules; the same state folder gets the same subnet again where it is still free. */
export async function openNetwork(names: Names): Promise<Network> {
  const number = await freeSubnet(names);
  const prefix = `10.213.${number}.`;
  const network: Network = {
    bridge: names.bridge,
    prefix,
    subnet: `${prefix}0/24`,
    gateway: `${prefix}1`,
    mtu: await outgoingMtu(),
  };
  const forwarding = (await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim();
  await rememberClaim(names, { subnet: number, forwardingWas: forwarding });
  await writeFile(join(names.hostsDir, 'network.json'), `${JSON.stringify({ subnet: number })}\n`);
  await mustRun(['ip', 'link', 'add', names.bridge, 'mtu', String(network.mtu), 'type', 'bridge']);
  await mustRun(['ip', 'address', 'add', `${network.gateway}/24`, 'dev', names.bridge]);
  await mustRun(['ip', 'link', 'set', names.bridge, 'up']);
  if (forwarding !== '1') await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  const mark = ['-m', 'comment', '--comment', names.bridge];
  await iptables([
    '-t',
    'nat',
    '-A',
    'POSTROUTING',
    '-s',
    network.subnet,
    '!',
    '-d',
    network.subnet,
    ...mark,
    '-j',
    'MASQUERADE',
  ]);
  // Where a firewall or a container engine set the policy to DROP.
  await iptables(['-I', 'FORWARD', '-i', names.bridge, ...mark, '-j', 'ACCEPT']);
  await iptables(['-I', 'FORWARD', '-o', names.bridge, ...mark, '-j', 'ACCEPT']);
  await iptables(['-I', 'INPUT', '-i', names.bridge, ...mark, '-j', 'ACCEPT']);
  return network;
}

/** Removes bridge, cables, namespaces and rules that carry the mark, whoever made them; nothing there is fine. */
export async function removeNetwork(names: Names): Promise<void> {
  for (const namespace of await ipJson(['netns', 'list'])) {
    const name = String(namespace['name']);
    if (name.startsWith(`${names.bridge}-`)) await mustRun(['ip', 'netns', 'delete', name]);
  }
  for (const link of await ipJson(['link', 'show'])) {
    const name = String(link['ifname']);
    if (name === names.bridge || name.startsWith(`rg${names.mark}-`)) await tryRun(['ip', 'link', 'delete', name]);
  }
  for (const table of ['nat', 'filter']) {
    const listed = await runProgram(['iptables', '-w', '10', '-t', table, '-S']);
    for (const line of listed.stdout.split('\n')) {
      const words = line.replaceAll('"', '').split(' ');
      if (words[0] !== '-A' || !words.includes(names.bridge)) continue;
      await iptables(['-t', table, '-D', ...words.slice(1)]);
    }
  }
}

/** A network namespace with one cable to the bridge; it outlives a reboot of its host, like an instance's interface. */
export async function plugIn(
  names: Names,
  network: Network,
  host: string,
  addresses: readonly string[],
): Promise<HostNetwork> {
  const namespace = machineName(names, host);
  const cable = cableName(names, Number(addresses[0]?.split('.')[3]));
  await mustRun(['ip', 'netns', 'add', namespace]);
  await mustRun([
    'ip',
    'link',
    'add',
    cable,
    'mtu',
    String(network.mtu),
    'type',
    'veth',
    'peer',
    'name',
    'host0',
    'mtu',
    String(network.mtu),
    'netns',
    namespace,
  ]);
  await mustRun(['ip', 'link', 'set', cable, 'master', network.bridge]);
  await mustRun(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
  for (const address of addresses)
    await mustRun(['ip', '-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'host0']);
  await mustRun(['ip', '-n', namespace, 'link', 'set', 'host0', 'up']);
  await mustRun(['ip', '-n', namespace, 'route', 'add', 'default', 'via', network.gateway, 'dev', 'host0']);
  return { namespace, cable };
}

export interface HostNetwork {
  /** Name for `ip netns`; its path is `/run/netns/<namespace>`. */
  readonly namespace: string;
  readonly cable: string;
}

/** A host that is switched off answers nothing, not even with a refusal. */
export async function setCable(network: HostNetwork, state: 'up' | 'down'): Promise<void> {
  await mustRun(['ip', 'link', 'set', network.cable, state]);
}

export async function iptables(args: readonly string[], namespace?: string): Promise<void> {
  const enter = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`];
  await mustRun([...enter, 'iptables', '-w', '10', ...args]);
}

async function freeSubnet(names: Names): Promise<number> {
  const taken = new Set(await claimedSubnets(names));
  for (const route of await ipJson(['-4', 'route', 'show', 'table', 'all'])) {
    const match = /^10\.213\.(\d+)\./.exec(String(route['dst']));
    if (match !== null) taken.add(Number(match[1]));
  }
  const wanted = await lastSubnet(names);
  if (wanted !== undefined && !taken.has(wanted)) return wanted;
  for (let step = 0; step < 255; step++) {
    const number = (firstSubnet + step) % 256;
    if (!taken.has(number)) return number;
  }
  throw new Error('every subnet of 10.213.0.0/16 is taken on this machine');
}

async function lastSubnet(names: Names): Promise<number | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(names.hostsDir, 'network.json'), 'utf8'));
    const number = typeof parsed === 'object' && parsed !== null && 'subnet' in parsed ? parsed.subnet : undefined;
    return typeof number === 'number' ? number : undefined;
  } catch {
    return undefined;
  }
}

/** Packets too long for the way out would vanish without a word. */
async function outgoingMtu(): Promise<number> {
  const [route] = await ipJson(['-4', 'route', 'show', 'default']);
  if (route === undefined) return 1500;
  const [link] = await ipJson(['link', 'show', 'dev', String(route['dev'])]);
  const mtu = link?.['mtu'];
  return typeof mtu === 'number' ? Math.min(mtu, 1500) : 1500;
}
