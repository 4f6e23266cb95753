import { createHash } from 'node:crypto';
import type { Clock, Inventory } from '../../clients/ports.ts';
import { type DocumentKind, hostActions } from '../../core/model/statuses.ts';
import type { HostAgent } from '../../local/run-command/host-agent.ts';
import { serves } from '../../local/simulated-hosts/serves.ts';
import { createSimulatedFleet, type SimulatedFleet } from '../../local/simulated-hosts/simulated-fleet.ts';
import type { SimulatedState } from '../../local/simulated-hosts/simulated-state.ts';
import { idOf, nameOf } from '../given/hosts.ts';
import { requirements } from './artifact-zips.ts';
import type { WorldPast } from './world-past.ts';

export interface TargetOptions {
  /** `abc`: three hosts of these names; hexadecimal digits. */
  readonly hosts: string;
  /** Hosts that carry no tags yet and run nothing. */
  readonly later: string;
  readonly running: 'none' | 'v0';
  readonly maxUnavailable: number;
  /** Other seconds than `paceSeconds` for some documents. */
  readonly seconds?: Partial<Record<DocumentKind, number>>;
  readonly clock: Clock;
  readonly readObject: (key: string) => Promise<Uint8Array | undefined>;
  readonly onPower: (instanceId: string) => void;
  /** How many agents are at work. */
  readonly onWork: (change: 1 | -1) => void;
  /** How the hosts stood in an earlier world. */
  readonly past?: WorldPast | undefined;
}

/** A command that has run on a host, whatever has become of its report. */
interface HostRun {
  readonly name: string;
  /** It was to activate a release, or to put one back. */
  readonly isSwitch: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly before: SimulatedState;
  readonly after: SimulatedState;
}

export interface SimulatedTarget {
  readonly fleet: SimulatedFleet;
  readonly inventory: Inventory;
  agentOf(instanceId: string): HostAgent | undefined;
  /** What each host runs: `a v2`, `b v1 inactive`, `c off`. */
  running(): readonly string[];
  /** Hosts that were taken down while too many others were down already, because of the deployer. */
  violations(): readonly string[];
  /** Told of every command that has run on a host from now on. */
  onRun(watch: (run: HostRun) => void): void;
  /** Most hosts that the deployer had taken down at one time. */
  mostDown(): number;
  givenUntagged(name: string): void;
  givenTagged(name: string): void;
  /** SSM knows nothing of the host (any more), though it runs. */
  givenUnregistered(name: string, isUnregistered?: boolean): void;
  /** The host is broken for good, by the test: nobody waits for it, so it counts against nobody. */
  givenUnwatched(name: string): void;
  /** A host that is off counts against nobody: the policy `skip` leaves it out, and so does a rollback. */
  givenOfflineUncounted(): void;
  clearFaults(): void;
  /** The host has a virtualenv for the requirements of `artifactZip` with these packages in it. */
  givenPackages(name: string, packages: readonly string[]): void;
}

/** Seconds that the documents take on a simulated host. */
const paceSeconds = { install: 20, activate: 3, verify: 12, settle: 1 } as const;

/** Simulated hosts tagged as the payment service's, besides the ones it calls; watches how many are down at once. */
export function createSimulatedTarget(options: TargetOptions): SimulatedTarget {
  const names = [...options.hosts, ...options.later];
  const zones = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'];
  const fleet = createSimulatedFleet({
    hosts: names.map((name, index) => ({
      instanceId: idOf(name),
      name,
      zone: zones[index % zones.length] ?? '',
      tags: { Service: 'payment', Stage: 'local' },
      addresses: [`10.213.77.${11 + index}`],
      running: options.later.includes(name) ? 'none' : options.running,
    })),
    clock: options.clock,
    readObject: options.readObject,
    paceMilliseconds: Object.fromEntries(
      Object.entries({ ...paceSeconds, ...options.seconds }).map(([kind, seconds]) => [kind, seconds * 1000]),
    ),
    onPower(instanceId) {
      const name = nameOf(instanceId);
      // Switched on again it serves or not by what was left on it; switched off it is the world that took it down.
      if (leftDown.has(name) && stateOf(name).isPoweredOn) look(name);
      options.onPower(instanceId);
    },
  });
  const untagged = new Set<string>(options.later);
  const unregistered = new Set<string>();
  const switching = new Map<string, number>();
  const touched = new Set<string>();
  const unwatched = new Set<string>();
  let areOfflineCounted = true;
  /** Hosts that served once, did not after a command of ours, and have not been seen to serve since. */
  const leftDown = new Set<string>();
  const haveServed = new Set<string>();
  const broken: string[] = [];
  let most = 0;
  let watchRuns: (run: HostRun) => void = () => undefined;
  for (const [instanceId, state] of options.past?.hosts ?? []) fleet.host(instanceId).given(state);

  const stateOf = (name: string) => fleet.host(idOf(name)).state();
  const isLeftDown = (name: string) =>
    leftDown.has(name) && !serves(stateOf(name)) && (areOfflineCounted || stateOf(name).isPoweredOn);
  const isAway = (name: string) => (switching.get(name) ?? 0) > 0 || isLeftDown(name);

  function look(name: string): void {
    if (serves(stateOf(name))) {
      leftDown.delete(name);
      haveServed.add(name);
    } else if (haveServed.has(name)) leftDown.add(name);
  }

  /** Watches an activation from its start, where the host takes it at all. */
  function watch(name: string, parameters: Readonly<Record<string, string>>): () => void {
    const state = stateOf(name);
    const isTaken =
      state.isPoweredOn &&
      Number(parameters['fence']) >= state.fence &&
      options.clock.now() / 1000 <= Number(parameters['notAfter']) &&
      state.receipts[parameters['key'] ?? ''] === undefined;
    if (!isTaken) return () => undefined;
    const others = names.filter((other) => other !== name && !unwatched.has(other) && isAway(other));
    if (serves(state) && !isAway(name) && others.length >= options.maxUnavailable) {
      broken.push(`${name} was taken down while ${others.join(', ')} was down`);
    }
    const isDownByUs = serves(state) || touched.has(name);
    if (serves(state)) haveServed.add(name);
    switching.set(name, (switching.get(name) ?? 0) + 1);
    touched.add(name);
    if (isDownByUs) most = Math.max(most, names.filter(isAway).length);
    return () => {
      switching.set(name, (switching.get(name) ?? 1) - 1);
      look(name);
    };
  }

  return {
    fleet,
    inventory: {
      async hosts(tags) {
        const service = tags['Service'];
        if (service !== 'payment') return service === undefined ? [] : [upstream(service)];
        return names
          .filter((name) => !untagged.has(name))
          .map((name, index) => ({
            instanceId: idOf(name),
            name,
            zone: zones[index % zones.length] ?? '',
            privateAddress: `10.213.77.${11 + index}`,
            tags: { Service: 'payment', Stage: 'local' },
            state: 'running',
            ping: unregistered.has(name) ? 'absent' : stateOf(name).isPoweredOn ? 'Online' : 'ConnectionLost',
            isSimulated: true,
          }));
      },
      stateOf: async (instanceId) => (stateOf(nameOf(instanceId)).isPoweredOn ? 'running' : 'stopped'),
    },
    agentOf(instanceId) {
      const agent = fleet.agentOf(instanceId);
      if (agent === undefined || unregistered.has(nameOf(instanceId))) return undefined;
      return {
        instanceId,
        isOnline: () => agent.isOnline(),
        async run(job, cancel) {
          const parameters = Object.fromEntries(
            Object.entries(job.parameters).map(([key, value]) => [key, value[0] ?? '']),
          );
          const isSwitch = job.document.name.endsWith('-activate');
          const name = nameOf(instanceId);
          const stopWatching = isSwitch ? watch(name, parameters) : () => undefined;
          const before = stateOf(name);
          options.onWork(1);
          try {
            return await agent.run(job, cancel);
          } finally {
            options.onWork(-1);
            stopWatching();
            watchRuns({ name, isSwitch, parameters, before, after: stateOf(name) });
          }
        },
      };
    },
    running: () => names.filter((name) => !untagged.has(name)).map((name) => `${name} ${wordOf(stateOf(name))}`),
    violations: () => broken,
    onRun(watch) {
      watchRuns = watch;
    },
    mostDown: () => most,
    givenUntagged: (name) => void untagged.add(name),
    givenTagged: (name) => void untagged.delete(name),
    givenUnregistered(name, isUnregistered = true) {
      if (isUnregistered) unregistered.add(name);
      else unregistered.delete(name);
    },
    givenUnwatched: (name) => void unwatched.add(name),
    givenOfflineUncounted() {
      areOfflineCounted = false;
    },
    clearFaults() {
      for (const name of names) {
        for (const action of hostActions) while (fleet.faults.take(idOf(name), action) !== undefined);
      }
    },
    givenPackages(name, packages) {
      const requirementsSha256 = createHash('sha256').update(requirements).digest('hex');
      fleet.host(idOf(name)).given({ virtualenvs: { older: { requirementsSha256, packages: [...packages] } } });
    },
  };
}

function wordOf(state: SimulatedState): string {
  const release = state.running.split('-')[0] ?? '';
  const isStopped = state.running !== 'none' && !state.isActive;
  return `${release}${isStopped ? ' inactive' : ''}${state.isPoweredOn ? '' : ' off'}`;
}

function upstream(service: string) {
  return {
    instanceId: idOf('ff'),
    name: service,
    zone: 'eu-west-1a',
    privateAddress: '10.213.77.21',
    tags: { Service: service },
    state: 'running',
    ping: 'Online',
    isSimulated: true,
  } as const;
}
