import type { HostOutcome } from '../../../core/model/deployment-records.ts';
import { keys } from '../../../ledger/keys.ts';
import type { World } from '../../fakes/world.ts';
import { map, wave } from '../given-machine.ts';

export const loadBalancer = { targetGroup: 'payment-{stage}', drainSeconds: 60, healthySeconds: 60 };
export const drained = (hosts = 1): string[] => map('Drain', hosts, 'DrainHost');
export const joined = (hosts = 1): string[] => map('Join', hosts, 'JoinHost');
/** One host, or several together, on the way through a release. */
export const through = (hosts = 1): string[] => [
  ...['NextWave', ...drained(hosts), 'NextWave', ...wave(hosts), 'NextWave', ...joined(hosts)],
];
export const wellAll = ['a healthy', 'b healthy', 'c healthy'];
export const timeout = { isOk: false, reason: 'Target.Timeout', description: 'Request timed out' } as const;
export const bug = 'TypeError';

/** What the ledger holds of one host: `drain 1 done`. */
export function stepsOf(world: World, name: string): readonly string[] {
  const id = world.deploymentIds().at(-1) ?? '';
  const prefix = `${keys.hosts('payment', id)}${world.idOf(name)}/`;
  return world.bucket
    .keys()
    .filter((key) => key.startsWith(prefix) && /\/(?:drain|join)-\d+\.json$/.test(key))
    .map((key) => world.bucket.json(key) as { action: string; attempt: number; status: string; note?: string })
    .map(
      ({ action, attempt, status, note }) => `${action} ${attempt} ${status}${note === undefined ? '' : `: ${note}`}`,
    );
}

export function hostOf(hosts: readonly HostOutcome[] | undefined, name: string): HostOutcome | undefined {
  return hosts?.find((host) => host.name === name);
}

/** Who is in the group, and how, whenever a host is switched. */
export function watchSwitches(world: World): readonly string[] {
  const seen: string[] = [];
  world.onTransition(({ visit }) => {
    if (visit.state === 'Activate' || visit.state === 'RevertHost') seen.push(world.inGroup().join(', '));
  });
  return seen;
}
