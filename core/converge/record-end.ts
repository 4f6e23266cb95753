import type { CircuitBreaker, ConvergeFailure, Convergence, GivenUpHost, SeenHost } from '../model/convergence.ts';
import type { DeploymentOutcome, HostOutcome } from '../model/deployment-records.ts';
import { deployCommand } from './deploy-command.ts';
import { failureWindowSeconds, maxConvergeFailures, retryPauseSeconds } from './limits.ts';

/** The end of a deployment as far as convergence goes. */
export interface EndFacts {
  readonly outcome: Pick<
    DeploymentOutcome,
    'deploymentId' | 'status' | 'reason' | 'errorName' | 'endedAt' | 'isDryRun' | 'hosts'
  >;
  /** `v3`: what it deployed, where that has become stable now; hosts that a person left out do not get it by themselves. */
  readonly becameStable?: string;
  /** A rollback from the stable release did not come to its end: hosts that passed are not brought there again. */
  readonly isHalfRolledBack?: { readonly to: string };
  /** It was the run that is under way. */
  readonly isOfRun: boolean;
  /** `v2`: what is stable, for what a person can type. */
  readonly release: string;
}

/**
 * What the end of a deployment says about its hosts, and about whether hosts may still be converged without a person.
 * A success that a person asked for closes the breaker. The end of the run that is under way counts once: nothing is
 * under way after it.
 */
export function withEnd(convergence: Convergence, facts: EndFacts): Convergence {
  if (facts.outcome.isDryRun) {
    return convergence;
  }
  const seen = withSeen(convergence, facts.outcome);
  if (facts.isOfRun) {
    return withEndOfRun(seen, facts);
  }
  const known = withLeftOut(seen, facts);
  if (facts.isHalfRolledBack !== undefined) {
    return { ...known, breaker: breakerOfRollback(facts, facts.isHalfRolledBack.to) };
  }
  const isClosed = known.breaker?.isOfRollback !== true || facts.becameStable !== undefined;
  return facts.outcome.status === 'Succeeded'
    ? { ...known, breaker: isClosed ? null : known.breaker, failures: [] }
    : known;
}

function breakerOfRollback({ outcome, release }: EndFacts, to: string): CircuitBreaker {
  return {
    openedAt: outcome.endedAt,
    why: `a rollback left hosts on ${to} and others on ${release}; no host is brought to ${release} by itself`,
    next: `bring the others there too: rollgate rollback --to ${to}`,
    isOfRollback: true,
  };
}

function withSeen(convergence: Convergence, { hosts, deploymentId, endedAt }: EndFacts['outcome']): Convergence {
  const known = hosts.flatMap(({ instanceId, status, running, why, isServing }): (readonly [string, SeenHost])[] => {
    const isOlder = (convergence.seen[instanceId]?.at ?? '') > endedAt;
    const isOffline = status === 'skipped' && why === undefined;
    if (running === null || isOffline || isOlder) {
      return [];
    }
    const isRight = status !== 'dirty' && status !== 'kept';
    // A deployment that has not looked knows nothing better than the last one that has.
    const lastLook = isServing ?? convergence.seen[instanceId]?.isServing;
    const serving = lastLook === undefined ? {} : { isServing: lastLook };
    return [[instanceId, { running, isRight, ...serving, deploymentId, at: endedAt }]];
  });
  const passed = new Set(hosts.filter((host) => host.status === 'passed').map((host) => host.instanceId));
  return {
    ...convergence,
    seen: { ...convergence.seen, ...Object.fromEntries(known) },
    waiting: without(convergence.waiting, passed),
    givenUp: without(convergence.givenUp, passed),
  };
}

/** Hosts that an operator had left out of what is stable now: a person brings them there, or their next start. */
function withLeftOut(convergence: Convergence, { outcome, becameStable }: EndFacts): Convergence {
  if (becameStable === undefined) {
    return convergence;
  }
  const leftOut = outcome.hosts.flatMap(({ instanceId, name, why }): (readonly [string, GivenUpHost])[] =>
    why === undefined
      ? []
      : [
          [
            instanceId,
            { name, at: outcome.endedAt, kind: 'skipped', why, next: deployCommand(becameStable, [instanceId]) },
          ],
        ],
  );
  const ids = new Set(leftOut.map(([instanceId]) => instanceId));
  return {
    ...convergence,
    waiting: without(convergence.waiting, ids),
    givenUp: { ...convergence.givenUp, ...Object.fromEntries(leftOut) },
  };
}

function withEndOfRun(convergence: Convergence, facts: EndFacts): Convergence {
  const { outcome } = facts;
  const ended: Convergence = { ...convergence, underWay: null };
  const hosts = convergence.underWay?.hosts ?? [];
  const isPassed = (instanceId: string): boolean => outcomeOf(instanceId, outcome)?.status === 'passed';
  // Frozen since it was started: nothing was tried.
  if (outcome.errorName === 'DeploymentLockedError') {
    return ended;
  }
  const missed = hosts.filter((id) => !isPassed(id) && outcomeOf(id, outcome)?.status !== 'skipped');
  if (outcome.errorName === 'HaltedError') {
    return missed.reduce<Convergence>((next, instanceId) => withGivenUp(next, instanceId, 'halted', facts), ended);
  }
  if (outcome.reason.code === 'last-serving-host') {
    return missed.reduce<Convergence>((next, instanceId) => withGivenUp(next, instanceId, 'alone', facts), ended);
  }
  const own = missed.filter((instanceId) => !isUntried(instanceId, outcome));
  // Where no host is at fault the run itself is: all its hosts count.
  const failed = own.length > 0 ? own : missed;
  const counted = failed.reduce<Convergence>((next, instanceId) => withFailure(next, instanceId, facts), {
    ...ended,
    waiting: withPause(ended.waiting, missed, outcome.endedAt),
    failures: hosts.some(isPassed) ? [] : ended.failures,
  });
  return withBreaker(counted, facts);
}

/** The run ended for another host before this one was activated. */
function isUntried(instanceId: string, outcome: EndFacts['outcome']): boolean {
  const host = outcomeOf(instanceId, outcome);
  return host?.status === 'untouched' && host.diagnosis === null;
}

function withPause(waiting: Convergence['waiting'], ids: readonly string[], endedAt: string): Convergence['waiting'] {
  const retryAt = new Date(Date.parse(endedAt) + retryPauseSeconds * 1000).toISOString();
  return Object.fromEntries(
    Object.entries(waiting).map(([instanceId, host]) => [
      instanceId,
      ids.includes(instanceId) ? { ...host, retryAt } : host,
    ]),
  );
}

function withFailure(convergence: Convergence, instanceId: string, facts: EndFacts): Convergence {
  const { endedAt } = facts.outcome;
  const name = nameOf(instanceId, convergence, facts);
  const failure: ConvergeFailure = { instanceId, name, at: endedAt, why: whyNot(instanceId, facts) };
  const next = { ...convergence, failures: [...convergence.failures, failure] };
  const waiting = convergence.waiting[instanceId];
  if (waiting === undefined) {
    return next;
  }
  const failures = waiting.failures + 1;
  if (failures >= maxConvergeFailures) {
    return withGivenUp(next, instanceId, 'failed', facts);
  }
  return { ...next, waiting: { ...next.waiting, [instanceId]: { ...waiting, failures } } };
}

function withGivenUp(
  convergence: Convergence,
  instanceId: string,
  kind: GivenUpHost['kind'],
  facts: EndFacts,
): Convergence {
  const waiting = convergence.waiting[instanceId];
  if (waiting === undefined) {
    return convergence;
  }
  const givenUp: GivenUpHost = {
    name: waiting.name,
    at: facts.outcome.endedAt,
    kind,
    why: whyNot(instanceId, facts),
    next: deployCommand(facts.release, [instanceId]),
  };
  return {
    ...convergence,
    waiting: without(convergence.waiting, new Set([instanceId])),
    givenUp: { ...convergence.givenUp, [instanceId]: givenUp },
  };
}

/** Failures in a row, of whichever hosts: an image or a release that kills every new host stops here. */
function withBreaker(convergence: Convergence, { outcome, release }: EndFacts): Convergence {
  const after = Date.parse(outcome.endedAt) - failureWindowSeconds * 1000;
  const failures = convergence.failures.filter(({ at }) => Date.parse(at) > after);
  const last = failures.at(-1);
  if (failures.length < maxConvergeFailures || last === undefined || convergence.breaker !== null) {
    return { ...convergence, failures };
  }
  const breaker: CircuitBreaker = {
    openedAt: outcome.endedAt,
    why: `${failures.length} tries in a row did not bring ${release} to a host (${last.name}: ${last.why}); no host is converged by itself any more`,
    next: `put it right, then: rollgate deploy --release ${release}`,
  };
  return { ...convergence, failures, breaker };
}

function whyNot(instanceId: string, { outcome }: EndFacts): string {
  return outcomeOf(instanceId, outcome)?.diagnosis?.meaning ?? outcome.reason.text;
}

/** A host that is gone is known by its outcome, or by its id alone. */
function nameOf(instanceId: string, { waiting }: Convergence, { outcome }: EndFacts): string {
  return waiting[instanceId]?.name ?? outcomeOf(instanceId, outcome)?.name ?? instanceId;
}

function outcomeOf(instanceId: string, { hosts }: EndFacts['outcome']): HostOutcome | undefined {
  return hosts.find((host) => host.instanceId === instanceId);
}

function without<T>(record: Readonly<Record<string, T>>, ids: ReadonlySet<string>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([instanceId]) => !ids.has(instanceId)));
}
