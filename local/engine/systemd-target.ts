import { join } from 'node:path';
import { createAccessLog } from '../host-endpoints/access-log.ts';
import { createHostEndpoints } from '../host-endpoints/host-endpoints.ts';
import type { ParameterStore } from '../host-endpoints/parameter-store.ts';
import { type Fleet, openFleet } from '../hosts/fleet.ts';
import { ensureBaseRoot, type Root } from '../hosts/roots.ts';
import { ensureWarmRoot } from '../hosts/standard-roots.ts';
import type { HostSpec, SystemdHost } from '../hosts/systemd-host.ts';
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

export interface SystemdTargetOptions extends TargetOptions {
  readonly parameters: ParameterStore;
  /** Hosts that come with compiler and headers: for tests, where only the first installation's time differs. */
  readonly isWarm: boolean;
}

/** Boots the local stage: three hosts to deploy to and one that carries the upstreams, on a bridge of their own. */
export async function openSystemdTarget(options: SystemdTargetOptions): Promise<LocalTarget> {
  const { stateDirectory, rootsDirectory, onProgress } = options;
  const rootOptions = { onProgress, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const paymentRoot = options.isWarm
    ? await ensureWarmRoot(rootsDirectory, rootOptions)
    : await ensureBaseRoot(rootsDirectory, rootOptions);
  const upstreamsRoot = await ensureUpstreamsRoot(rootsDirectory, rootOptions);

  const listeners: ((instanceId: string) => void)[] = [];
  const fleet = await openFleet(stateDirectory, {
    onPower: (host) => {
      for (const listener of listeners) listener(host.instanceId);
    },
  });
  try {
    const endpoints = endpointsOf(fleet, options);
    const [at] = await endpoints.open();
    if (at === undefined) throw new Error('no endpoint for the hosts could be opened');
    await fleet.setMetadataPort(at.port);
    onProgress('Booting three hosts for payment and one for cart, user and RabbitMQ');
    const files = [{ path: '/etc/rollgate/endpoints', content: `S3=${at.url}\nSSM=${at.url}\n`, mode: 0o644 }];
    const hosts = await fleet.startHosts([
      ...paymentInstances.map((instance) => specOf(instance, fleet, paymentRoot, files)),
      upstreamsSpec(fleet, upstreamsRoot),
    ]);
    const upstreams = hosts.find((host) => host.name === upstreamsName);
    if (upstreams === undefined) throw new Error('the host of the upstreams did not start');
    onProgress('Starting RabbitMQ');
    const provisioned = await provisionUpstreams(upstreams, {
      password: options.parameters.get(passwordParameter)?.value ?? '',
    });
    const agents = new Map(
      hosts.map((host) => [host.instanceId, createScriptAgent(host, { region: localStage.region })]),
    );
    return {
      kind: 'nspawn',
      machines: hosts,
      upstreams: provisioned,
      entries: [
        ...paymentInstances.map((instance) => entryOf(instance, fleet, hosts)),
        ...upstreamInstances.map((instance) => ({
          ...entryOf(instance, fleet, hosts),
          isRunning: () => upstreams.isRunning(),
        })),
      ],
      agentOf: (instanceId) => agents.get(instanceId),
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

const upstreamsName = 'upstreams';

function specOf(instance: LocalInstance, fleet: Fleet, root: Root, files: HostSpec['files']): HostSpec {
  const { name, instanceId, zone, tags, octet } = instance;
  const spec = { name, instanceId, zone, tags, root, addresses: [`${fleet.network.prefix}${octet}`] };
  return files === undefined ? spec : { ...spec, files };
}

/** One machine with three addresses; to everybody else they are three instances. */
function upstreamsSpec(fleet: Fleet, root: Root): HostSpec {
  return {
    name: upstreamsName,
    instanceId: 'i-0000000000000b000',
    zone: `${localStage.region}a`,
    tags: {},
    root,
    addresses: upstreamInstances.map((instance) => `${fleet.network.prefix}${instance.octet}`),
  };
}

function entryOf(instance: LocalInstance, fleet: Fleet, hosts: readonly SystemdHost[]) {
  const host = hosts.find((each) => each.instanceId === instance.instanceId);
  return {
    instance,
    privateAddress: `${fleet.network.prefix}${instance.octet}`,
    isSimulated: false,
    isRunning: () => host?.isRunning() ?? false,
  };
}

/** The part of AWS that a host itself calls, on the engine's address of the bridge. */
function endpointsOf(fleet: Fleet, options: SystemdTargetOptions) {
  return createHostEndpoints({
    listen: [{ address: fleet.network.gateway, port: 0 }],
    hostOf: (sourceAddress) => {
      const instance = paymentInstances.find((each) => `${fleet.network.prefix}${each.octet}` === sourceAddress);
      return instance === undefined
        ? undefined
        : { instanceId: instance.instanceId, zone: instance.zone, privateAddress: sourceAddress, role: 'payment-host' };
    },
    service: localStage.service,
    region: localStage.region,
    stateBucket: localStage.stateBucket,
    readObject: options.readObject,
    parameters: options.parameters,
    parameterPrefix,
    clock: { now: () => Date.now() },
    onAccess: createAccessLog(join(options.stateDirectory, 'access.log')),
  });
}
