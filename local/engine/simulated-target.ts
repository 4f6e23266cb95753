import { createSimulatedFleet } from '../simulated-hosts/simulated-fleet.ts';
import { createSystemClock } from '../state-machine/timer-clock.ts';
import type { LocalTarget, TargetOptions } from './local-target.ts';
import { type LocalInstance, paymentInstances, upstreamInstances } from './stage.ts';

/** TEST-NET-1: addresses that nobody has. */
const addressOf = (instance: LocalInstance): string => `192.0.2.${instance.octet}`;

/** How long a simulated command takes, so that a person can watch. */
const pace = { install: 1200, activate: 400, verify: 900, settle: 100 } as const;

/** Stand-ins where real hosts can't run; labelled simulated wherever a person sees them. */
export function openSimulatedTarget(options: TargetOptions & { readonly why: string }): LocalTarget {
  const listeners: ((instanceId: string) => void)[] = [];
  const fleet = createSimulatedFleet({
    hosts: paymentInstances.map((instance) => ({
      instanceId: instance.instanceId,
      name: instance.name,
      zone: instance.zone,
      tags: instance.tags,
      addresses: [addressOf(instance)],
    })),
    clock: createSystemClock(),
    readObject: options.readObject,
    stateDir: options.stateDirectory,
    paceMilliseconds: pace,
    onPower: (instanceId) => {
      for (const listener of listeners) listener(instanceId);
    },
  });
  return {
    kind: 'simulated',
    whySimulated: options.why,
    machines: fleet.machines,
    entries: [...paymentInstances, ...upstreamInstances].map((instance) => ({
      instance,
      privateAddress: addressOf(instance),
      isSimulated: true,
      state: () => {
        const host = fleet.machines.find((each) => each.instanceId === instance.instanceId);
        return host?.isRunning() === false ? 'stopped' : 'running';
      },
    })),
    agentOf: (instanceId) => fleet.agentOf(instanceId),
    onPower: (listener) => void listeners.push(listener),
    stop: async () => undefined,
  };
}
