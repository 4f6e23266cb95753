import type { AdmittedDeployment, DeploymentOutcome } from '../model/deployment-records.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';
import { withoutEntry } from './acquire-lock.ts';
import { differingAfter } from './differing-hosts.ts';

/** A deployment whose end is on record. */
export interface EndedDeployment {
  readonly outcome: DeploymentOutcome;
  /** Undefined if it was refused before it was admitted. */
  readonly admitted: AdmittedDeployment | undefined;
  /** The execution that records the end: only the holder of the lock frees it. */
  readonly executionArn: string;
}

/**
 * The state after this end: the lock is free, `stable` has moved, and the hosts that differ are noted, all in one write.
 * If an earlier try has written it, nothing changes.
 */
export function stateAfterEnd(state: TargetState, { outcome, admitted, executionArn }: EndedDeployment): TargetState {
  const { deploymentId } = outcome;
  const isHeld = state.lock?.deploymentId === deploymentId && state.lock.executionArn === executionArn;
  const isQueued = state.queue.some((entry) => entry.deploymentId === deploymentId);
  if (!isHeld && !isQueued) {
    return state;
  }
  const freed = { ...withoutEntry(state, deploymentId), lock: isHeld ? null : state.lock };
  if (!isHeld || admitted === undefined || outcome.isDryRun) {
    return freed;
  }
  if (outcome.status === 'Succeeded' && outcome.isWholeTarget) {
    return withStable(freed, admitted, outcome.endedAt);
  }
  const stable = stableRelease(state)?.releaseId ?? null;
  return { ...freed, differing: differingAfter(state.differing, { outcome, admitted, stable }) };
}

/** Hosts that were left out of this success get the release when they come back, or by a person: they do not differ. */
function withStable(state: TargetState, admitted: AdmittedDeployment, at: string): TargetState {
  const { deploymentId, isRollback, release } = admitted;
  const last = state.stableHistory.at(-1);
  if (last?.release === release.number) {
    // Going back to what is stable already (a rollout was halted, or left a mix) is a rollback too.
    const marked = { ...last, confirmedAt: at, isRollback: last.isRollback || isRollback };
    return { ...state, differing: {}, stableHistory: [...state.stableHistory.slice(0, -1), marked] };
  }
  const entry = { release: release.number, releaseId: release.releaseId, deploymentId, at, isRollback };
  return { ...state, differing: {}, stableHistory: [...state.stableHistory, entry].slice(-maxStableHistory) };
}

/** Stable releases that are remembered: enough to name any that a host may still have. */
const maxStableHistory = 100;
