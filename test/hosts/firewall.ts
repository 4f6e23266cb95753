import { iptables } from '../../local/hosts/network.ts';
import { mustRun } from '../../local/hosts/run-program.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';

/** Traffic of one host as a security group would cut it off; both ends where nothing more is said. */
export interface Traffic {
  /** `out` where nothing is said. */
  readonly direction?: 'out' | 'in';
  /** The other end: an address or a subnet. */
  readonly address?: string;
  /** The port that is connected to: the other end's for `out`, the host's own for `in`. */
  readonly port?: number;
}

/** Packets vanish, as a missing security group rule makes them: the other side waits until it gives up. */
export async function dropTraffic(host: SystemdHost, traffic: Traffic = {}): Promise<void> {
  await insert(host, traffic, ['-j', 'DROP']);
}

/** Connections are refused at once, as by a host on which nothing listens. */
export async function rejectTraffic(host: SystemdHost, traffic: Traffic = {}): Promise<void> {
  await insert(host, traffic, ['-j', 'REJECT', '--reject-with', 'tcp-reset']);
}

/** How many packets the rules have dropped or refused since they were put up. */
export async function droppedPackets(host: SystemdHost): Promise<number> {
  const listed = await mustRun([
    'nsenter',
    `--net=/run/netns/${host.network.namespace}`,
    'iptables',
    '-L',
    '-v',
    '-x',
    '-n',
  ]);
  const rules = listed.split('\n').filter((line) => /^ *\d+ +\d+ +(DROP|REJECT) /.test(line));
  return rules.reduce((sum, line) => sum + Number(line.trim().split(/ +/)[0]), 0);
}

/** Undoes all of it. */
export async function clearFirewall(host: SystemdHost): Promise<void> {
  for (const chain of ['INPUT', 'OUTPUT']) await iptables(['-F', chain], host.network.namespace);
}

/** Rules stand in the host's own network namespace: they outlive its reboot and touch nothing else. */
async function insert(host: SystemdHost, traffic: Traffic, verdict: readonly string[]): Promise<void> {
  const isIncoming = traffic.direction === 'in';
  const other = traffic.address === undefined ? [] : [isIncoming ? '-s' : '-d', traffic.address];
  const port = traffic.port === undefined ? [] : ['--dport', String(traffic.port)];
  // A host talks to itself whatever a security group says.
  const notSelf = ['!', isIncoming ? '-i' : '-o', 'lo'];
  await iptables(
    ['-I', isIncoming ? 'INPUT' : 'OUTPUT', ...notSelf, '-p', 'tcp', ...other, ...port, ...verdict],
    host.network.namespace,
  );
}
