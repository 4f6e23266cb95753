import { maxNamedHosts } from '../admission/execution-input.ts';
import { executionNames } from '../admission/execution-names.ts';
import type { Convergence, ConvergeRun, GivenUpHost, SeenHost, WaitingHost } from '../model/convergence.ts';
import { releaseName } from '../model/release-manifest.ts';
import type { StableEntry } from '../model/target-state.ts';
import { deployCommand } from './deploy-command.ts';
import { onlineDeadlineSeconds } from './limits.ts';

/** An instance of the target as the inventory shows it. */
export interface FoundHost {
  readonly instanceId: string;
  readonly name: string;
  readonly state: string;
  /** SSM ping status. */
  readonly ping: string;
}

export interface ConvergenceFacts {
  readonly convergence: Convergence;
  readonly stable: StableEntry;
  /** A deployment changes the target now: what it leaves on its hosts is not known yet. */
  readonly isLocked: boolean;
  readonly isFrozen: boolean;
  readonly found: readonly FoundHost[];
  /** The instance of the event; null for a look without one. */
  readonly appeared: string | null;
  readonly nowMilliseconds: number;
}

/**
 * Which hosts should get the stable release, and whether an execution is started for them now: `underWay` of the result
 * is then another one than before. The event only wakes; what counts is the inventory and what deployments have seen.
 *
 * | host                                               | becomes                                        |
 * |----------------------------------------------------|------------------------------------------------|
 * | appeared or came back, not seen on stable          | waiting                                        |
 * | appeared or came back while a deployment runs      | waiting, until that deployment says what it is |
 * | online, and no deployment has ever seen it         | waiting: its event was lost                    |
 * | online, last seen before stable last succeeded     | waiting: it missed that rollout                |
 * | last seen on another release after that            | as it is: a person or a budget has decided so  |
 * | waiting, and seen on stable since                  | done                                           |
 * | waiting, not online for longer than the deadline   | given up, until SSM has it                     |
 * | given up as the last host that serves              | waiting, as soon as another host is online     |
 * | waiting, and stopped or gone                       | forgotten                                      |
 */
export function decideConvergence(facts: ConvergenceFacts): Convergence {
  const known = withoutGone(facts);
  const inOrder = facts.found.toSorted((one, other) => (one.instanceId < other.instanceId ? -1 : 1));
  const noted = inOrder.reduce((convergence, host) => withHost(convergence, host, facts), known);
  return startIfReady(noted, facts);
}

/** The last look at the host found it on the stable release, and nothing was left wrong. */
export function runsStable(seen: SeenHost | undefined, stable: StableEntry): boolean {
  return seen?.isRight === true && seen.running === stable.releaseId;
}

/** An empty answer is taken for a slip of the inventory, not for the end of every host. */
function withoutGone({ convergence, found: hosts }: ConvergenceFacts): Convergence {
  if (hosts.length === 0) {
    return convergence;
  }
  const ids = new Set(hosts.map((host) => host.instanceId));
  const kept = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(record).filter(([instanceId]) => ids.has(instanceId)));
  return {
    ...convergence,
    seen: kept(convergence.seen),
    waiting: kept(convergence.waiting),
    givenUp: kept(convergence.givenUp),
  };
}

function withHost(convergence: Convergence, host: FoundHost, facts: ConvergenceFacts): Convergence {
  const { instanceId } = host;
  const { [instanceId]: waiting, ...othersWaiting } = convergence.waiting;
  const { [instanceId]: givenUp, ...othersGivenUp } = convergence.givenUp;
  const keep = (own: WaitingHost | undefined, up: GivenUpHost | undefined): Convergence => ({
    ...convergence,
    waiting: own === undefined ? othersWaiting : { ...othersWaiting, [instanceId]: own },
    givenUp: up === undefined ? othersGivenUp : { ...othersGivenUp, [instanceId]: up },
  });
  const isUnderWay = convergence.underWay?.hosts.includes(instanceId) ?? false;
  if (!isComingOrUp(host)) {
    return isUnderWay ? convergence : keep(undefined, givenUp);
  }
  const own = waiting ?? (isWanted(convergence, host, facts) ? newlyWaiting(host, facts) : undefined);
  if (own === undefined) {
    return convergence;
  }
  if (!isUnderWay && !facts.isLocked && runsStable(convergence.seen[instanceId], facts.stable)) {
    return keep(undefined, undefined);
  }
  const offlineSince = isOnline(host) ? null : (own.offlineSince ?? instant(facts));
  if (!isUnderWay && offlineSince !== null && secondsSince(offlineSince, facts) >= onlineDeadlineSeconds) {
    return keep(undefined, offline(host, facts));
  }
  return keep({ ...own, offlineSince }, undefined);
}

/** Whether a host that does not wait yet should. */
function isWanted({ seen, givenUp }: Convergence, host: FoundHost, facts: ConvergenceFacts): boolean {
  const last = seen[host.instanceId];
  if (host.instanceId === facts.appeared) {
    return facts.isLocked || !runsStable(last, facts.stable);
  }
  const up = givenUp[host.instanceId];
  if (up !== undefined) {
    const isAlone = !facts.found.some((other) => other.instanceId !== host.instanceId && isOnline(other));
    return isOnline(host) && (up.kind === 'offline' || (up.kind === 'alone' && !isAlone));
  }
  // The deployment that runs may have the host among its own.
  if (facts.isLocked) {
    return false;
  }
  if (last === undefined) {
    return true;
  }
  const { releaseId, at, confirmedAt = at } = facts.stable;
  return isOnline(host) && last.running !== releaseId && last.at < confirmedAt;
}

function newlyWaiting({ name }: FoundHost, facts: ConvergenceFacts): WaitingHost {
  return { name, since: instant(facts), offlineSince: null, starts: 0, failures: 0, retryAt: null, looks: 0 };
}

function offline({ name, instanceId }: FoundHost, facts: ConvergenceFacts): GivenUpHost {
  return {
    name,
    at: instant(facts),
    kind: 'offline',
    why: `it did not come online at SSM within ${onlineDeadlineSeconds / 60} min`,
    next:
      `look at its SSM agent and its instance profile (rollgate doctor); it gets ${releaseName(facts.stable.release)} ` +
      `as soon as it is online, or by ${deployCommand(releaseName(facts.stable.release), [instanceId])}`,
  };
}

/** One execution at a time, for all hosts that are ready. Its name is of the hosts and their tries: the same start twice is one. */
function startIfReady(convergence: Convergence, facts: ConvergenceFacts): Convergence {
  if (convergence.underWay !== null || convergence.breaker !== null || facts.isFrozen) {
    return convergence;
  }
  const online = new Set(facts.found.filter(isOnline).map((host) => host.instanceId));
  const ready = Object.entries(convergence.waiting)
    .filter(([instanceId, host]) => online.has(instanceId) && isDue(host, facts))
    .filter(([instanceId]) => !runsStable(convergence.seen[instanceId], facts.stable))
    .slice(0, maxNamedHosts);
  if (ready.length === 0) {
    return convergence;
  }
  const started = ready.map(([instanceId, host]) => [instanceId, { ...host, starts: host.starts + 1 }] as const);
  const tries = started.map(([instanceId, { since, starts }]) => ({ instanceId, since, start: starts }));
  const underWay: ConvergeRun = {
    name: executionNames.ofConverge(tries),
    hosts: ready.map(([instanceId]) => instanceId),
    at: instant(facts),
  };
  return { ...convergence, waiting: { ...convergence.waiting, ...Object.fromEntries(started) }, underWay };
}

function isDue({ retryAt }: WaitingHost, { nowMilliseconds }: ConvergenceFacts): boolean {
  return retryAt === null || Date.parse(retryAt) <= nowMilliseconds;
}

function isComingOrUp({ state }: FoundHost): boolean {
  return state === 'pending' || state === 'running';
}

function isOnline({ state, ping }: FoundHost): boolean {
  return state === 'running' && ping === 'Online';
}

function instant({ nowMilliseconds }: ConvergenceFacts): string {
  return new Date(nowMilliseconds).toISOString();
}

function secondsSince(at: string, { nowMilliseconds }: ConvergenceFacts): number {
  return (nowMilliseconds - Date.parse(at)) / 1000;
}
