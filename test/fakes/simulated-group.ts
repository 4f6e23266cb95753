import type { Ports } from '../../clients/ports.ts';
import { createLocalBalancer } from '../../local/balancer/local-balancer.ts';
import { createSimulatedProbe } from '../../local/balancer/simulated-probe.ts';
import { createTargetGroup, type LocalTargetGroup, type ProbeAnswer } from '../../local/balancer/target-group.ts';
import type { SimulatedFleet } from '../../local/simulated-hosts/simulated-fleet.ts';
import { idOf, nameOf } from '../given/hosts.ts';

export interface GivenGroup {
  /** The target group that the hosts stand in, where the configuration names one. */
  readonly group: LocalTargetGroup;
  /** From now on the load balancer finds this host so, whatever it answers others; null: as it is. */
  givenProbe(name: string, answer: ProbeAnswer | null): void;
  /** Hosts that the load balancer sends requests to: `a healthy`, `b draining`. */
  inGroup(): readonly string[];
}

/** The load balancer of the simulated hosts, with these registered: `abc`. */
export async function createSimulatedGroup(options: {
  readonly hosts: string;
  readonly fleet: SimulatedFleet;
  readonly now: () => number;
  readonly region: string;
}): Promise<{ readonly given: GivenGroup; readonly balancer: Ports['balancer'] }> {
  const probes = new Map<string, ProbeAnswer>();
  const probe = createSimulatedProbe(options.fleet);
  const group = createTargetGroup({
    now: options.now,
    probe: async (asked) => probes.get(asked.instanceId) ?? probe(asked),
    drainMilliseconds: 30_000,
    registered: [...options.hosts].map((name) => ({ instanceId: idOf(name), port: 8080 })),
  });
  await group.check();
  return {
    given: {
      group,
      givenProbe(name, answer) {
        if (answer === null) probes.delete(idOf(name));
        else probes.set(idOf(name), answer);
      },
      inGroup: () =>
        group
          .targets()
          .map(({ instanceId, state }) => `${nameOf(instanceId)} ${state}`)
          .sort(),
    },
    balancer: createLocalBalancer({
      name: 'payment-local',
      region: options.region,
      group,
      beforeLook: group.check,
    }),
  };
}
