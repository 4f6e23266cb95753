import { answerSecondsOf, deliverySeconds, lostAfterSeconds } from '../host/build-host-command.ts';
import type { HostConfiguration } from '../model/release-manifest.ts';
import type { ServiceConfig } from '../model/service-config.ts';
import { defaultProgressDeadlineSeconds } from './defaults.ts';

type Waits = Pick<HostConfiguration, 'unit' | 'health'> & Pick<ServiceConfig, 'loadBalancer'>;

/** Hosts that may fail one after another, each at its own deadline, before the default deadline calls it no progress. */
const hostsWithoutProgress = 5;

/** Seconds that one host may take from its activation to the end of its gate: two stops, and the gate's deadline. */
export function secondsPerHost({ unit, health }: Waits): number {
  return health.deadlineSeconds + 2 * unit.stopSeconds;
}

/** Seconds until both commands of a host that gives no answer at all count as lost: no deadline can be shorter. */
export function leastProgressDeadline(waits: Waits): number {
  const actions = ['activate', 'verify'] as const;
  return actions.reduce(
    (sum, action) => sum + deliverySeconds + answerSecondsOf(action, waits) + lostAfterSeconds,
    secondsAtBalancer(waits),
  );
}

/**
 * The progress deadline where the file gives none: ten minutes, as Kubernetes and Nomad have it, or five times what one
 * host may take, on its way through a load balancer too, where that is more.
 *
 * | health.deadlineSeconds | unit.stopSeconds | seconds |
 * |-----------------------:|-----------------:|--------:|
 * |                     60 |               30 |     600 |
 * |                     20 |                5 |     600 |
 * |                    600 |               60 |    3600 |
 * |                   1800 |              300 |   12000 |
 */
export function progressDeadlineOf(waits: Waits): number {
  return Math.max(
    defaultProgressDeadlineSeconds,
    hostsWithoutProgress * (secondsPerHost(waits) + secondsAtBalancer(waits)),
  );
}

/** Seconds that one host may take to leave its load balancer and to join it again; 0 where there is none. */
function secondsAtBalancer({ loadBalancer }: Waits): number {
  return loadBalancer === undefined ? 0 : loadBalancer.drainSeconds + loadBalancer.healthySeconds;
}
