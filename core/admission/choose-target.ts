import { tagText } from '../config/resolve-environment.ts';
import type { Convergence } from '../model/convergence.ts';
import type { PlannedHost } from '../model/deployment-records.ts';
import { InvalidDeploymentError } from '../model/errors.ts';
import type { Tags } from '../model/service-config.ts';

/** An instance of the target as the inventory shows it. */
export interface TargetHost extends PlannedHost {
  readonly state: string;
  /** SSM ping status. */
  readonly ping: string;
}

export interface TargetFacts {
  readonly tags: Tags;
  readonly found: readonly TargetHost[];
  /** Only these of them, where a person named some. */
  readonly named: readonly string[] | undefined;
  /** The policy for hosts that are deployed to. */
  readonly offlineHosts: 'fail' | 'skip';
  /** The policy for the hosts that the request leaves out, where it is another. */
  readonly offlineElsewhere?: 'fail' | 'skip';
  /** What deployments last saw of each host. */
  readonly seen?: Convergence['seen'];
}

export interface ChosenTarget {
  readonly hosts: readonly PlannedHost[];
  /** Offline, and left out by the policy. */
  readonly skipped: readonly PlannedHost[];
  /** Also where the policy left offline hosts out: they get what became stable when they come back. */
  readonly isWholeTarget: boolean;
  /**
   * Hosts of the target that are not deployed to and count as down: last seen not serving, or out of reach where the
   * policy is `fail`. One that the policy skips counts as neither down nor serving.
   */
  readonly downElsewhere: number;
  /** `payment-2 (offline)`, `payment-3 (last seen by d-…)` */
  readonly downElsewhereNames: readonly string[];
  /** Hosts of the target that are not deployed to, can be reached, and serve as far as anybody knows. */
  readonly servingElsewhere: number;
  /** All hosts that carry the tags. */
  readonly targetHosts: number;
  /** Hosts that are deployed to and did not serve when a deployment last saw them. */
  readonly lastSeenDown: readonly string[];
}

/** The hosts that a deployment goes to. Throws InvalidDeploymentError with all problems; nothing was touched then. */
export function chooseTarget(facts: TargetFacts): ChosenTarget {
  const { found, named, tags } = facts;
  if (found.length === 0) {
    throw new InvalidDeploymentError(
      `target: no instance carries the tags ${tagText(tags)}; tag the hosts, or correct target.tags`,
    );
  }
  const strangers = (named ?? []).filter((id) => !found.some((host) => host.instanceId === id));
  if (strangers.length > 0) {
    const known = found.map((host) => `${host.instanceId} (${host.name})`).join(', ');
    throw new InvalidDeploymentError(
      strangers.map((id) => `hosts: ${id} does not carry the tags ${tagText(tags)}; the target is ${known}`),
    );
  }
  const wanted = named === undefined ? found : found.filter((host) => named.includes(host.instanceId));
  const offline = wanted.filter((host) => !isOnline(host));
  if (offline.length > 0 && (facts.offlineHosts === 'fail' || offline.length === wanted.length)) {
    throw new InvalidDeploymentError(offline.map(offlineSentence));
  }
  const hosts = wanted.filter(isOnline).map(plannedHost);
  const isLastSeenDown = ({ instanceId }: PlannedHost): boolean => facts.seen?.[instanceId]?.isServing === false;
  const elsewhere = found.filter(({ instanceId }) => !hosts.some((host) => host.instanceId === instanceId));
  const countsOffline = (facts.offlineElsewhere ?? facts.offlineHosts) === 'fail';
  const downElsewhere = elsewhere.filter((host) => (isOnline(host) ? isLastSeenDown(host) : countsOffline));
  return {
    hosts,
    skipped: offline.map(plannedHost),
    isWholeTarget: wanted.length === found.length,
    downElsewhere: downElsewhere.length,
    downElsewhereNames: downElsewhere.map((host) => `${host.name} (${whyDown(host, facts)})`),
    servingElsewhere: elsewhere.filter((host) => isOnline(host) && !isLastSeenDown(host)).length,
    targetHosts: found.length,
    lastSeenDown: hosts.filter(isLastSeenDown).map((host) => host.instanceId),
  };
}

function whyDown(host: TargetHost, { seen }: TargetFacts): string {
  return isOnline(host) ? `last seen by ${seen?.[host.instanceId]?.deploymentId}` : 'offline';
}

function isOnline(host: TargetHost): boolean {
  return host.state === 'running' && host.ping === 'Online';
}

function offlineSentence(host: TargetHost): string {
  const how =
    host.state === 'running'
      ? `its SSM agent is ${host.ping === 'absent' ? 'not registered' : 'offline (ConnectionLost)'}`
      : `it is ${host.state}`;
  return (
    `target: ${host.name} (${host.instanceId}) can't be reached: ${how}; ` +
    'bring it back, remove its tags, or set rollout.offlineHosts to skip'
  );
}

function plannedHost(host: TargetHost): PlannedHost {
  const { instanceId, name, zone, privateAddress, isSimulated } = host;
  return { instanceId, name, zone, privateAddress, isSimulated };
}
