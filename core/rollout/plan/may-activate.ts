export interface ActivationFacts {
  /** The host that would be activated next. */
  readonly instanceId: string;
  /** Hosts of the target that do not serve, whatever made them so; those that failed in this deployment included. */
  readonly downHosts: readonly string[];
  /** Hosts that are being activated or verified now. */
  readonly activatingHosts: readonly string[];
  /** Hosts that failed in this deployment, also where they were put back since. */
  readonly failedHosts: readonly string[];
  /** It is the last host that serves, and nobody has named it. */
  readonly isLastServing: boolean;
  readonly maxUnavailable: number;
  readonly maxFailedHosts: number;
}

export type Activation =
  | { readonly kind: 'go' }
  /** Another host is on its way up: ask again when it is there. */
  | { readonly kind: 'wait'; readonly unavailable: readonly string[] }
  /** The failure budget is spent. */
  | { readonly kind: 'stop'; readonly why: 'failed-hosts'; readonly failed: readonly string[] }
  | { readonly kind: 'stop'; readonly why: 'last-serving-host' }
  /** Too many hosts are down, and nothing that runs brings one of them back. */
  | { readonly kind: 'stop'; readonly why: 'unavailable-hosts'; readonly unavailable: readonly string[] };

/**
 * Whether one more host of a wave may be activated now. Activating takes a host down for a moment, so it must fit into
 * `maxUnavailable` beside the hosts that are down or being activated; a host that is down itself adds nothing.
 *
 * | host | down | activating | failed | maxUnavailable | maxFailedHosts | answer                 |
 * |------|------|------------|--------|---------------:|---------------:|------------------------|
 * | a    |      |            |        |              1 |              0 | go                     |
 * | a    |      | b          |        |              1 |              0 | wait                   |
 * | a    |      | b          |        |              2 |              0 | go                     |
 * | a    | b    |            |        |              1 |              0 | stop unavailable-hosts |
 * | a    | b    | b          |        |              1 |              0 | wait                   |
 * | a    | a, b |            |        |              1 |              0 | go                     |
 * | a    |      |            | b      |              1 |              0 | stop failed-hosts      |
 * | a    |      |            | b      |              1 |              1 | go                     |
 * | a    | a    |            | b      |              1 |              0 | stop failed-hosts      |
 */
export function mayActivate(facts: ActivationFacts): Activation {
  const failed = [...new Set(facts.failedHosts)];
  if (failed.length > facts.maxFailedHosts) {
    return { kind: 'stop', why: 'failed-hosts', failed };
  }
  if (facts.isLastServing) {
    return { kind: 'stop', why: 'last-serving-host' };
  }
  const others = new Set([...facts.downHosts, ...facts.activatingHosts]);
  others.delete(facts.instanceId);
  if (facts.downHosts.includes(facts.instanceId) || others.size < facts.maxUnavailable) {
    return { kind: 'go' };
  }
  const unavailable = [...others].sort();
  const isAnyComingBack = facts.activatingHosts.some((id) => id !== facts.instanceId);
  return isAnyComingBack ? { kind: 'wait', unavailable } : { kind: 'stop', why: 'unavailable-hosts', unavailable };
}
