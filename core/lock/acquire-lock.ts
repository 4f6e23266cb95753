import type { AdmittedDeployment } from '../model/deployment-records.ts';
import { type Lock, nextFence, type QueueEntry, type TargetState } from '../model/target-state.ts';
import { isSupersededBy, type Superseder, supersederOf } from './upload-order.ts';

/** What one execution finds when it asks for the lock. All facts are of one reading of `state.json`. */
export interface AcquireFacts {
  readonly state: TargetState;
  readonly entry: QueueEntry;
  /** Executions of waiting deployments that are known to have ended: they no longer wait. */
  readonly endedExecutions: ReadonlySet<string>;
  readonly nowSeconds: number;
}

/**
 * Repairs of one lock that are started without a person, five minutes apart: an hour of them. After that something is
 * wrong that no repair mends.
 */
export const maxRepairsWithoutAPerson = 12;

export type AcquireDecision =
  /** The lock is ours, in `state` as it must now be written (or as it already is, when `isHeld`). */
  | { readonly kind: 'acquired'; readonly state: TargetState; readonly fence: number; readonly isHeld: boolean }
  /** It leaves the queue when its end is recorded: until then the mark in its entry says why. */
  | { readonly kind: 'superseded'; readonly by: Superseder }
  | { readonly kind: 'frozen'; readonly by: string; readonly reason: string }
  /** Somebody else goes first. */
  | { readonly kind: 'waiting'; readonly behind: string };

/**
 * Whether this execution may have the lock now. Re-entrant by execution: asking again with the same ARN finds it held.
 * Superseding is decided here and nowhere else: only an upload is superseded, by a newer upload, by a person who has
 * deployed a version that is as new, or by a rollback that was asked for while it waited.
 */
export function decideAcquire(facts: AcquireFacts): AcquireDecision {
  const { state, entry } = facts;
  if (state.lock?.executionArn === entry.executionArn) {
    return { kind: 'acquired', state, fence: state.lock.fence, isHeld: true };
  }
  const by = superseder(state, entry);
  if (by !== null) {
    return { kind: 'superseded', by };
  }
  if (state.freeze !== null && entry.isThroughFreeze !== true) {
    return { kind: 'frozen', by: state.freeze.by, reason: state.freeze.reason };
  }
  if (state.lock !== null) {
    return { kind: 'waiting', behind: state.lock.deploymentId };
  }
  // Of a frozen target the others get nothing: nobody waits for them.
  const queue = state.freeze === null ? state.queue : state.queue.filter((other) => other.isThroughFreeze === true);
  const first = firstInQueue({ ...state, queue }, facts.endedExecutions);
  if (first !== undefined && first.deploymentId !== entry.deploymentId) {
    return { kind: 'waiting', behind: first.deploymentId };
  }
  const fence = nextFence(state.fence, facts.nowSeconds);
  const own = waitingEntry(state, entry.deploymentId) ?? entry;
  return {
    kind: 'acquired',
    fence,
    isHeld: false,
    state: {
      ...withoutEntry(state, entry.deploymentId),
      fence,
      lock: {
        deploymentId: entry.deploymentId,
        executionArn: entry.executionArn,
        fence,
        acquiredAt: new Date(facts.nowSeconds * 1000).toISOString(),
        by: entry.by,
        purpose: 'rollout',
        repairs: 0,
        isRollback: entry.isRollback,
        ...(entry.trigger === 'converge' ? { isConverge: true } : {}),
        ...(own.supersedes === undefined ? {} : { supersedes: own.supersedes }),
      },
    },
  };
}

/**
 * The state after a repair has taken the lock of a dead execution over: a higher fence, so that nothing which the dead
 * one sent counts any more.
 */
export function withRepair(state: TargetState, dead: Lock, executionArn: string, nowSeconds: number): TargetState {
  const fence = nextFence(state.fence, nowSeconds);
  const acquiredAt = new Date(nowSeconds * 1000).toISOString();
  return {
    ...state,
    fence,
    lock: { ...dead, executionArn, fence, acquiredAt, by: 'rollgate', purpose: 'repair', repairs: dead.repairs + 1 },
  };
}

/** Repairs go first, then what a person asked for, then converges, then uploads; each in order of admission. */
export function firstInQueue(state: TargetState, endedExecutions: ReadonlySet<string>): QueueEntry | undefined {
  const rank = { repair: 0, person: 1, converge: 2, upload: 3 } as const;
  const alive = state.queue.filter(
    (entry) => !endedExecutions.has(entry.executionArn) && superseder(state, entry) === null,
  );
  return alive.toSorted((a, b) => rank[a.trigger] - rank[b.trigger])[0];
}

/** A deployment as it waits for the lock. */
export function queueEntryOf(
  admitted: Pick<
    AdmittedDeployment,
    'deploymentId' | 'executionArn' | 'trigger' | 'request' | 'admittedAt' | 'by' | 'isRollback' | 'release'
  >,
): QueueEntry {
  const { deploymentId, executionArn, trigger, request, admittedAt, by, isRollback } = admitted;
  const versionId = request.kind === 'upload' ? request.versionId : null;
  const release = admitted.release.number;
  const entry = { deploymentId, executionArn, trigger, versionId, release, admittedAt, by, isRollback };
  const isThroughFreeze = request.kind === 'rollback' && request.isThroughFreeze === true;
  return isThroughFreeze ? { ...entry, isThroughFreeze } : entry;
}

/** The state without one waiting deployment. */
export function withoutEntry(state: TargetState, deploymentId: string): TargetState {
  return { ...state, queue: state.queue.filter((entry) => entry.deploymentId !== deploymentId) };
}

/**
 * The state with one more waiting deployment; admitting it again changes nothing. A rollback takes the place of every
 * upload that waits at this moment: it would else bring back, minutes later, what the rollback went away from. What a
 * person asked for stays.
 */
export function withEntry(state: TargetState, entry: QueueEntry): TargetState {
  const isHolder = state.lock?.deploymentId === entry.deploymentId;
  const isWaiting = state.queue.some((other) => other.deploymentId === entry.deploymentId);
  if (isHolder || isWaiting) {
    return state;
  }
  if (!entry.isRollback) {
    return { ...state, queue: [...state.queue, entry] };
  }
  const isTaken = ({ trigger, supersededBy }: QueueEntry): boolean =>
    trigger === 'upload' && supersededBy === undefined;
  const supersedes = state.queue
    .filter(isTaken)
    .flatMap(({ deploymentId, release }) => (release === undefined ? [] : [{ deploymentId, release }]));
  const queue = state.queue.map((other) => (isTaken(other) ? { ...other, supersededBy: entry.deploymentId } : other));
  return { ...state, queue: [...queue, supersedes.length === 0 ? entry : { ...entry, supersedes }] };
}

function superseder(state: TargetState, entry: QueueEntry): Superseder | null {
  // What stands in the queue counts: the execution that asks knows only what was admitted.
  const rollback = waitingEntry(state, entry.deploymentId)?.supersededBy;
  if (rollback !== undefined) {
    return { kind: 'rollback', deploymentId: rollback };
  }
  const mark = state.newestUpload;
  return entry.trigger === 'upload' && isSupersededBy(mark, entry.versionId)
    ? supersederOf(mark, entry.versionId)
    : null;
}

function waitingEntry(state: TargetState, deploymentId: string): QueueEntry | undefined {
  return state.queue.find((entry) => entry.deploymentId === deploymentId);
}
