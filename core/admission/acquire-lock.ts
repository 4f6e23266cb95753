import { type Lock, nextFence, type QueueEntry, type TargetState } from '../target-state.ts';
import { type AskedSince, askedSince, isSupersededBy } from './upload-order.ts';

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
  | {
      readonly kind: 'superseded';
      readonly state: TargetState;
      readonly byVersionId: string;
      readonly askedSince?: AskedSince;
    }
  | { readonly kind: 'frozen'; readonly by: string; readonly reason: string }
  /** Somebody else goes first. */
  | { readonly kind: 'waiting'; readonly behind: string };

/**
 * Whether this execution may have the lock now. Re-entrant by execution: asking again with the same ARN finds it held.
 * Superseding is decided here and nowhere else: only an upload is superseded, by a newer upload or by a person who has
 * deployed a version that is as new.
 */
export function decideAcquire(facts: AcquireFacts): AcquireDecision {
  const { state, entry } = facts;
  if (state.lock?.executionArn === entry.executionArn) {
    return { kind: 'acquired', state, fence: state.lock.fence, isHeld: true };
  }
  const mark = state.newestUpload;
  if (entry.trigger === 'upload' && isSupersededBy(mark, entry.versionId)) {
    return {
      kind: 'superseded',
      state: withoutEntry(state, entry.deploymentId),
      byVersionId: mark.versionId,
      ...askedSince(mark, entry.versionId),
    };
  }
  if (state.freeze !== null) {
    return { kind: 'frozen', by: state.freeze.by, reason: state.freeze.reason };
  }
  if (state.lock !== null) {
    return { kind: 'waiting', behind: state.lock.deploymentId };
  }
  const first = firstInQueue(state, facts.endedExecutions);
  if (first !== undefined && first.deploymentId !== entry.deploymentId) {
    return { kind: 'waiting', behind: first.deploymentId };
  }
  const fence = nextFence(state.fence, facts.nowSeconds);
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
  const alive = state.queue.filter((entry) => !endedExecutions.has(entry.executionArn) && !isStaleUpload(state, entry));
  return alive.toSorted((a, b) => rank[a.trigger] - rank[b.trigger])[0];
}

/** The state without one waiting deployment. */
export function withoutEntry(state: TargetState, deploymentId: string): TargetState {
  return { ...state, queue: state.queue.filter((entry) => entry.deploymentId !== deploymentId) };
}

/** The state with one more waiting deployment; admitting it again changes nothing. */
export function withEntry(state: TargetState, entry: QueueEntry): TargetState {
  const isHolder = state.lock?.deploymentId === entry.deploymentId;
  const isWaiting = state.queue.some((other) => other.deploymentId === entry.deploymentId);
  return isHolder || isWaiting ? state : { ...state, queue: [...state.queue, entry] };
}

function isStaleUpload(state: TargetState, entry: QueueEntry): boolean {
  return entry.trigger === 'upload' && isSupersededBy(state.newestUpload, entry.versionId);
}
