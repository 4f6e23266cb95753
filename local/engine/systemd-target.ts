import { join } from 'node:path';
import type { Host } from '../../clients/ports.ts';
import { createHttpProbe } from '../balancer/http-probe.ts';
import { createAccessLog } from '../host-endpoints/access-log.ts';
import { createHostEndpoints } from '../host-endpoints/host-endpoints.ts';
import type { ParameterRefusal } from '../host-endpoints/parameter-endpoint.ts';
import type { ParameterReader } from '../host-endpoints/parameter-store.ts';
import { type Fleet, openFleet } from '../hosts/fleet.ts';
import { iptables, type Network } from '../hosts/network.ts';
import type { Root } from '../hosts/roots.ts';
import { ensureHostRoot, type HostRoot } from '../hosts/standard-roots.ts';
import type { HostSpec, PowerState, SystemdHost } from '../hosts/systemd-host.ts';
import { createScriptAgent } from '../run-command/script-agent.ts';
import { ensureUpstreamsRoot, provisionUpstreams } from '../upstreams/provision-upstreams.ts';
import type { LocalTarget, TargetOptions } from './local-target.ts';
import {
  type LocalInstance,
  localStage,
  parameterPrefix,
  passwordParameter,
  paymentInstances,
  upstreamInstances,
} from './stage.ts';

/** Where the hosts stand in the words of AWS: the embedded stage, or that of an emulator. */
export interface TargetPlace {
  readonly service: string;
  readonly region: string;
  readonly account?: string;
  readonly stateBucket: string;
  readonly parameterPrefix: string;
  /** Holds what the broker's user logs in with. */
  readonly passwordParameter: string;
  /** The hosts that are deployed to, and the upstreams in the order cart, user, RabbitMQ; asked once the network is up. */
  instances(network: Pick<Network, 'prefix'>): Promise<{
    readonly payment: readonly LocalInstance[];
    readonly upstreams: readonly LocalInstance[];
  }>;
}

export interface SystemdTargetOptions extends TargetOptions {
  readonly parameters: ParameterReader;
  /** A simulated fault: how every read of a parameter is refused. */
  readonly parameterRefusal?: () => ParameterRefusal | null;
  /** The embedded stage where absent. */
  readonly place?: TargetPlace;
  /** Tests boot warm or ready hosts: only the time of the first installation differs. */
  readonly hostRoot: HostRoot;
}

const embeddedPlace: TargetPlace = {
  service: localStage.service,
  region: localStage.region,
  stateBucket: localStage.stateBucket,
  parameterPrefix,
  passwordParameter,
  instances: async () => ({ payment: paymentInstances, upstreams: upstreamInstances }),
};

/** Boots a stage: three hosts to deploy to and one that carries the upstreams, on a bridge of their own. */
export async function openSystemdTarget(options: SystemdTargetOptions): Promise<LocalTarget> {
  const { stateDirectory, rootsDirectory, onProgress, place = embeddedPlace } = options;
  const rootOptions = { onProgress, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const [paymentRoot, upstreamsRoot] = await Promise.all([
    ensureHostRoot(options.hostRoot, rootsDirectory, rootOptions),
    ensureUpstreamsRoot(rootsDirectory, rootOptions),
  ]);

  const listeners: ((instanceId: string) => void)[] = [];
  const fleet = await openFleet(stateDirectory, {
    onPower: (host) => {
      for (const listener of listeners) listener(host.instanceId);
    },
  });
  try {
    const { payment, upstreams: called } = await place.instances(fleet.network);
    const endpoints = endpointsOf(fleet, options, place, payment);
    const [at] = await endpoints.open();
    if (at === undefined) throw new Error('no endpoint for the hosts could be opened');
    await fleet.setMetadataPort(at.port);
    onProgress('Booting three hosts for payment and one for cart, user and RabbitMQ');
    const files = [{ path: '/etc/rollgate/endpoints', content: `S3=${at.url}\nSSM=${at.url}\n`, mode: 0o644 }];
    const hosts = await fleet.startHosts([
      ...payment.map((instance) => specOf(instance, fleet, paymentRoot, files)),
      upstreamsSpec(called, fleet, upstreamsRoot),
    ]);
    const upstreams = hosts.find((host) => host.name === upstreamsName);
    if (upstreams === undefined) throw new Error('the host of the upstreams did not start');
    onProgress('Starting RabbitMQ');
    const provisioned = await provisionUpstreams(upstreams, {
      password: (await options.parameters.get(place.passwordParameter))?.value ?? '',
    });
    const agents = new Map(hosts.map((host) => [host.instanceId, createScriptAgent(host, { region: place.region })]));
    return {
      kind: 'nspawn',
      machines: hosts,
      upstreams: provisioned,
      entries: [
        ...payment.map((instance) => entryOf(instance, fleet, hosts)),
        ...called.map((instance) => ({
          ...entryOf(instance, fleet, hosts),
          state: () => states[upstreams.power()],
        })),
      ],
      agentOf: (instanceId) => agents.get(instanceId),
      // In the upstreams' own namespace: packets between hosts of one bridge pass no rules of this machine.
      async dropPackets(address, port, isDropped) {
        const packets = ['!', '-i', 'lo', '-p', 'tcp', '-d', address, '--dport', String(port), '-j', 'DROP'];
        await iptables([isDropped ? '-I' : '-D', 'INPUT', ...packets], upstreams.network.namespace);
      },
      probe: createHttpProbe({
        addressOf: (instanceId) => hosts.find((host) => host.instanceId === instanceId)?.addresses[0],
        ...healthCheck,
      }),
      onPower: (listener) => void listeners.push(listener),
      async stop() {
        await fleet.stopAll();
        await endpoints.close();
      },
    };
  } catch (error) {
    await fleet.stopAll('cut');
    throw error;
  }
}

/** What the simulated load balancer asks of a host; a target group has settings of its own for that, as ELB's do. */
const healthCheck = { path: '/health', timeoutMilliseconds: 2000 } as const;
/** EC2's word for each. */
const states = {
  booting: 'pending',
  running: 'running',
  stopping: 'stopping',
  stopped: 'stopped',
} as const satisfies Record<PowerState, Host['state']>;

const upstreamsName = 'upstreams';

function specOf(instance: LocalInstance, fleet: Fleet, root: Root, files: HostSpec['files']): HostSpec {
  const { name, instanceId, zone, tags, octet } = instance;
  const spec = { name, instanceId, zone, tags, root, addresses: [`${fleet.network.prefix}${octet}`] };
  return files === undefined ? spec : { ...spec, files };
}

/** One machine with three addresses; to everybody else they are three instances. */
function upstreamsSpec(called: readonly LocalInstance[], fleet: Fleet, root: Root): HostSpec {
  return {
    name: upstreamsName,
    instanceId: 'i-0000000000000b000',
    zone: called[0]?.zone ?? '',
    tags: {},
    root,
    addresses: called.map((instance) => `${fleet.network.prefix}${instance.octet}`),
  };
}

function entryOf(instance: LocalInstance, fleet: Fleet, hosts: readonly SystemdHost[]) {
  const host = hosts.find((each) => each.instanceId === instance.instanceId);
  return {
    instance,
    privateAddress: `${fleet.network.prefix}${instance.octet}`,
    isSimulated: false,
    state: () => states[host?.power() ?? 'stopped'],
  };
}

/** The part of AWS that a host itself calls, on the engine's address of the bridge. */
function endpointsOf(
  fleet: Fleet,
  options: SystemdTargetOptions,
  place: TargetPlace,
  payment: readonly LocalInstance[],
) {
  return createHostEndpoints({
    listen: [{ address: fleet.network.gateway, port: 0 }],
    hostOf: (sourceAddress) => {
      const instance = payment.find((each) => `${fleet.network.prefix}${each.octet}` === sourceAddress);
      return instance === undefined
        ? undefined
        : { instanceId: instance.instanceId, zone: instance.zone, privateAddress: sourceAddress, role: 'payment-host' };
    },
    service: place.service,
    region: place.region,
    ...(place.account === undefined ? {} : { account: place.account }),
    stateBucket: place.stateBucket,
    readObject: options.readObject,
    parameters: options.parameters,
    parameterPrefix: place.parameterPrefix,
    ...(options.parameterRefusal === undefined ? {} : { parameterRefusal: options.parameterRefusal }),
    clock: { now: () => Date.now() },
    onAccess: createAccessLog(join(options.stateDirectory, 'access.log')),
  });
}
