import type { Approval } from '../../model/service-config.ts';

/**
 * A wave costs about 20 events of Step Functions' history for each host; an execution ends hard at 25,000. 400 hosts
 * leave two thirds of that for Stage, reverts and the other waves.
 */
export const maxHostsPerWave = 400;

/** An inline Map runs at most 40 iterations at once. */
export const maxMapConcurrency = 40;

export interface WaveHost {
  readonly instanceId: string;
  readonly zone: string;
  /** Not serving when it was staged. */
  readonly isDown: boolean;
  /** Does not run the release yet. */
  readonly isOutdated: boolean;
}

export interface WaveFacts {
  readonly hosts: readonly WaveHost[];
  /** Cumulative sizes: a number of hosts or `"25%"` of all hosts, rounded up. */
  readonly waves: readonly (number | string)[];
}

/** Hosts that are activated together. */
export interface Wave {
  /** 1, 2, … without a gap. */
  readonly number: number;
  /** Instance ids in the order in which they are activated; at least one, at most `maxHostsPerWave`. */
  readonly hosts: readonly string[];
  /** Entries of `rollout.waves` that are complete when this wave is: 0 for the first parts of a split wave. */
  readonly completes: number;
}

/**
 * Which hosts are activated in which wave. Hosts that are down come first (they have nothing to lose), then those that
 * do not run the release, then the others; among equals zone by zone, so that hosts down at once share a zone; then by
 * id. Every host is in exactly one wave, also where the last size is not 100 %. A size that adds no host gives no wave.
 *
 * | hosts | waves             | hosts per wave   |
 * |------:|-------------------|------------------|
 * |     0 | 1, 25%, 100%      |                  |
 * |     1 | 1, 25%, 100%      | 1                |
 * |     3 | 1, 25%, 100%      | 1, 2             |
 * |    10 | 1, 25%, 100%      | 1, 2, 7          |
 * |    12 | 1, 25%, 100%      | 1, 2, 9          |
 * |     4 | 2, 3              | 2, 1, 1          |
 * |     4 | 9, 100%           | 4                |
 * |  1000 | 1, 25%, 100%      | 1, 249, 400, 350 |
 */
export function planWaves(facts: WaveFacts): readonly Wave[] {
  const ordered = facts.hosts.toSorted(compareHosts).map((host) => host.instanceId);
  const waves: Wave[] = [];
  let planned = 0;
  for (const [index, size] of [...facts.waves, '100%'].entries()) {
    const completes = Math.min(index + 1, facts.waves.length);
    const upTo = Math.min(ordered.length, hostsOfSize(size, ordered.length));
    while (planned < upTo) {
      const end = Math.min(upTo, planned + maxHostsPerWave);
      waves.push({
        number: waves.length + 1,
        hosts: ordered.slice(planned, end),
        completes: end === upTo ? completes : 0,
      });
      planned = end;
    }
    const last = waves.at(-1);
    if (last !== undefined && last.completes !== 0 && last.completes < completes) {
      waves[waves.length - 1] = { ...last, completes };
    }
  }
  return waves;
}

/** Hosts that a size stands for: `25%` of 10 is 3. Throws RangeError for what is no size. */
function hostsOfSize(size: number | string, all: number): number {
  if (typeof size === 'number') {
    return size;
  }
  const percent = /^([0-9]{1,3})%$/.exec(size)?.[1];
  if (percent === undefined) {
    throw new RangeError(`${size} is no wave size`);
  }
  return Math.ceil((all * Number(percent)) / 100);
}

function compareHosts(left: WaveHost, right: WaveHost): number {
  return (
    rankOf(left) - rankOf(right) || compareText(left.zone, right.zone) || compareText(left.instanceId, right.instanceId)
  );
}

function rankOf(host: WaveHost): number {
  if (host.isDown) {
    return 0;
  }
  return host.isOutdated ? 1 : 2;
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(left: string, right: string): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

/**
 * The number of the planned wave before which a person must approve, 1 for the first; null where nobody must, or where
 * no wave follows the named one (fewer hosts than sizes).
 */
export function approvalBeforeWave(approval: Approval, waves: readonly Wave[]): number | null {
  switch (approval.kind) {
    case 'none':
    case 'before-staging':
      return null;
    case 'before-first-wave':
      return waves.length === 0 ? null : 1;
    case 'after-wave': {
      const after = waves.find((wave) => wave.completes >= approval.wave);
      return after === undefined || after.number === waves.length ? null : after.number + 1;
    }
  }
}

export interface ConcurrencyFacts {
  /** Hosts to activate. */
  readonly hosts: number;
  /** Of these, hosts that are down and stand first; 0 where unknown. */
  readonly downInside?: number;
  /** Hosts of the target that are down and not among them. */
  readonly downOutside: number;
  readonly maxUnavailable: number;
}

/**
 * How many hosts of a wave may be activated at once, 1 to 40: what `maxUnavailable` leaves after the hosts that are down
 * elsewhere. 1 even where it leaves nothing: `mayActivate` then holds each host back. Where all of them are down there is
 * nothing to take down, so all go at once.
 *
 * | hosts | downInside | downOutside | maxUnavailable | at once |
 * |------:|-----------:|------------:|---------------:|--------:|
 * |     9 |          0 |           0 |              1 |       1 |
 * |     9 |          0 |           1 |              3 |       2 |
 * |     9 |          0 |           3 |              3 |       1 |
 * |     2 |          0 |           0 |              5 |       2 |
 * |   100 |          0 |           0 |             60 |      40 |
 * |     6 |          6 |           2 |              1 |       6 |
 */
export function concurrencyOf(facts: ConcurrencyFacts): number {
  const areAllDown = facts.hosts > 0 && facts.downInside === facts.hosts;
  const left = areAllDown ? facts.hosts : facts.maxUnavailable - facts.downOutside;
  return Math.max(1, Math.min(left, facts.hosts, maxMapConcurrency));
}
