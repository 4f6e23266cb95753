import type { AdmittedDeployment, DeploymentOutcome, HostOutcome } from '../model/deployment-records.ts';
import type { DifferingHost, DifferingHosts } from '../model/target-state.ts';

/** The end of a deployment that held the lock. */
export interface DifferingFacts {
  readonly outcome: Pick<DeploymentOutcome, 'deploymentId' | 'status' | 'endedAt' | 'hosts'>;
  readonly admitted: Pick<AdmittedDeployment, 'trigger' | 'isRollback'>;
  /** `v2-…`: the stable release after this end; null before the first one. */
  readonly stable: string | null;
}

/**
 * Which hosts run something else than the stable release after a deployment has ended. Only hosts that reported in this
 * deployment change: the entries of all others stay.
 *
 * | how the host ended            | it runs    | entry                                    |
 * |-------------------------------|------------|------------------------------------------|
 * | passed                        | stable     | removed                                  |
 * | passed                        | another    | set                                      |
 * | kept (`halt --keep`) or dirty | whatever   | set                                      |
 * | kept or dirty, of a converge  | whatever   | stays as it is: it brought no release    |
 * | untouched, put back, left out | stable     | removed                                  |
 * | untouched, put back, left out | another    | stays; set only if there was one already |
 * | offline                       | not seen   | stays as it is                           |
 */
export function differingAfter(before: DifferingHosts, facts: DifferingFacts): DifferingHosts {
  const { stable, outcome } = facts;
  // Nothing is stable yet, so there is nothing to differ from.
  if (stable === null) {
    return {};
  }
  const changed = outcome.hosts.map(
    (host) => [host.instanceId, entryOf(host, before[host.instanceId], facts)] as const,
  );
  const next = new Map([...Object.entries(before), ...changed]);
  return Object.fromEntries([...next].flatMap(([id, entry]) => (entry === undefined ? [] : [[id, entry] as const])));
}

function entryOf(
  host: HostOutcome,
  known: DifferingHost | undefined,
  { outcome, admitted, stable }: DifferingFacts,
): DifferingHost | undefined {
  const isWrong = host.status === 'dirty' || host.status === 'kept';
  if (isWrong ? admitted.trigger === 'converge' : host.running === null) {
    return known;
  }
  if (!isWrong && host.running === stable) {
    return undefined;
  }
  const isSame = known !== undefined && known.runs === host.running;
  if (!isWrong && host.status !== 'passed') {
    return known === undefined || isSame ? known : { ...known, runs: host.running };
  }
  return {
    runs: host.running,
    since: isSame ? known.since : (host.observedAt ?? outcome.endedAt),
    by: outcome.deploymentId,
    why: outcome.status,
    ...(admitted.isRollback ? { isRollback: true } : {}),
  };
}

/** Without the hosts that do not carry the tags of the target any more: they are none of its hosts. */
export function differingWithin(differing: DifferingHosts, instanceIds: Iterable<string>): DifferingHosts {
  const known = new Set(instanceIds);
  return Object.fromEntries(Object.entries(differing).filter(([instanceId]) => known.has(instanceId)));
}

/** The entry that the last of these deployments made; undefined if no host differs. */
export function lastDiffering(differing: DifferingHosts): DifferingHost | undefined {
  return Object.values(differing)
    .toSorted((a, b) => (a.by < b.by ? -1 : 1))
    .at(-1);
}
