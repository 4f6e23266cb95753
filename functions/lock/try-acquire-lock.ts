import type { Ports } from '../../clients/ports.ts';
import { decideAcquire, queueEntryOf, withEntry, withRepair } from '../../core/lock/acquire-lock.ts';
import { type Superseder, withRefusedUpload } from '../../core/lock/upload-order.ts';
import type { AdmittedDeployment } from '../../core/model/deployment-records.ts';
import { DeploymentLockedError, HaltedError, InvalidDeploymentError, LockLostError } from '../../core/model/errors.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { frozenSentence } from '../../core/operator/freeze.ts';
import { changeState, readState } from '../../ledger/lock/target-state.ts';
import { readControl } from '../../ledger/operator/requests.ts';
import { readAdmitted, readDecisions, readOutcome, readPlan } from '../../ledger/rollout/deployments.ts';
import { isDead, repairIfDead } from './repair-lock.ts';
import { hasEnded } from './start-repair.ts';

export interface LockClaim {
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly purpose: 'rollout' | 'repair' | 'continue';
}

/** What the machine goes on with; `next` is compared by its Choice. */
export interface Acquired {
  readonly deploymentId: string;
  readonly fence: number;
  readonly round: number;
  readonly next: 'plan' | 'decide' | 'finish' | 'superseded';
  /** What took its place. */
  readonly by?: Superseder;
}

/** The answer to an upload whose place something else took: it ends without the lock. */
export function gaveWay(deploymentId: string, by: Superseder): Acquired {
  return { deploymentId, fence: 0, round: 0, next: 'superseded', by };
}

/**
 * Takes the lock if it may be taken now; undefined while somebody else goes first. Asking again by the same execution
 * finds it held. Throws HaltedError, DeploymentLockedError (frozen) and LockLostError.
 */
export async function tryAcquireLock(ports: Ports, claim: LockClaim): Promise<Acquired | undefined> {
  switch (claim.purpose) {
    case 'rollout':
      return acquire(ports, claim);
    case 'repair':
      return acquireForRepair(ports, claim);
    case 'continue':
      return acquireForContinuation(ports, claim);
  }
}

async function acquire(ports: Ports, claim: LockClaim): Promise<Acquired | undefined> {
  if ((await readOutcome(ports, claim.deploymentId)) !== undefined) {
    throw new LockLostError(`${claim.deploymentId} has ended already; start a new execution with the same input`);
  }
  const halt = await readControl(ports, 'halt', claim.deploymentId);
  if (halt !== null) {
    throw new HaltedError(
      `halted by ${halt.by} while it waited for the lock${halt.reason === '' ? '' : `: ${halt.reason}`}`,
    );
  }
  const admitted = await requireAdmitted(ports, claim);
  const entry = queueEntryOf({ ...admitted, executionArn: claim.executionArn });
  const endedExecutions = await findEnded(ports, await readState(ports), claim);
  const nowSeconds = ports.clock.now() / 1000;
  const decide = (state: TargetState) =>
    decideAcquire({ state: withEntry(state, entry), entry, endedExecutions, nowSeconds });
  const state = await changeState(ports, (current) => {
    const decision = decide(current);
    if (decision.kind === 'frozen') {
      return withRefusal(current, admitted, nowSeconds);
    }
    return decision.kind === 'acquired' ? decision.state : current;
  });
  const { deploymentId } = claim;
  if (state.lock?.executionArn === claim.executionArn) {
    const next = (await readPlan(ports, deploymentId)) === undefined ? 'plan' : 'decide';
    return { deploymentId, fence: state.lock.fence, round: await roundOf(ports, deploymentId), next };
  }
  const decision = decide(state);
  switch (decision.kind) {
    case 'superseded':
      return gaveWay(deploymentId, decision.by);
    case 'frozen':
      throw new DeploymentLockedError(frozenSentence(decision, admitted.isRollback));
    default:
      return undefined;
  }
}

async function requireAdmitted(ports: Ports, claim: LockClaim): Promise<AdmittedDeployment> {
  const admitted = await readAdmitted(ports, claim.deploymentId);
  if (admitted === undefined) {
    throw new InvalidDeploymentError(`${claim.deploymentId} was never admitted; start a new execution`);
  }
  return admitted;
}

/** An upload that waited when the freeze came stays on record for the person who ends the freeze. */
function withRefusal(state: TargetState, admitted: AdmittedDeployment, nowSeconds: number): TargetState {
  const { deploymentId, trigger, upload } = admitted;
  const at = new Date(nowSeconds * 1000).toISOString();
  return trigger !== 'upload' || upload === undefined
    ? state
    : withRefusedUpload(state, { ...upload, deploymentId, at }, []);
}

/** Executions before us that have ended: a dead holder is repaired, a dead waiter no longer waits. */
async function findEnded(ports: Ports, state: TargetState, claim: LockClaim): Promise<ReadonlySet<string>> {
  if (state.lock !== null && state.lock.executionArn !== claim.executionArn) {
    await repairIfDead(ports, state.lock);
  }
  const others = state.queue.filter((entry) => entry.executionArn !== claim.executionArn);
  const ended = await Promise.all(others.map((entry) => hasEnded(ports, entry.executionArn)));
  return new Set(others.filter((_, index) => ended[index]).map((entry) => entry.executionArn));
}

/** Takes the lock of a dead execution over, with a higher fence. Without a lock to take over only the end is recorded. */
async function acquireForRepair(ports: Ports, claim: LockClaim): Promise<Acquired> {
  const { deploymentId, executionArn } = claim;
  const { lock } = await readState(ports);
  const isTaken = lock?.deploymentId === deploymentId && lock.executionArn !== executionArn;
  // Without a lock to take over, it is the admitted execution that must be dead.
  const suspect = isTaken ? lock.executionArn : (await readAdmitted(ports, deploymentId))?.executionArn;
  const isOurOwn = lock?.executionArn === executionArn;
  if (!isOurOwn && suspect !== undefined && !(await isDead(ports, deploymentId, suspect, isTaken ? lock : null))) {
    throw new LockLostError(`${deploymentId} is still running (${suspect}); there is nothing to repair`);
  }
  const deadArn = isTaken ? lock.executionArn : undefined;
  const nowSeconds = ports.clock.now() / 1000;
  const state = await changeState(ports, (current) =>
    current.lock !== null && current.lock.deploymentId === deploymentId && current.lock.executionArn === deadArn
      ? withRepair(current, current.lock, executionArn, nowSeconds)
      : current,
  );
  const isOurs = state.lock?.executionArn === executionArn;
  const isPlanned = (await readPlan(ports, deploymentId)) !== undefined;
  const isOver = (await readOutcome(ports, deploymentId)) !== undefined;
  return {
    deploymentId,
    fence: isOurs ? (state.lock?.fence ?? 0) : 0,
    round: await roundOf(ports, deploymentId),
    next: isOurs && isPlanned && !isOver ? 'decide' : 'finish',
  };
}

/** The predecessor has put our ARN into the lock before it started us. */
async function acquireForContinuation(ports: Ports, claim: LockClaim): Promise<Acquired> {
  const { lock } = await readState(ports);
  if (lock?.executionArn !== claim.executionArn) {
    throw new LockLostError(
      `${claim.deploymentId} was not handed over to this execution; it stops and changes nothing`,
    );
  }
  const { deploymentId } = claim;
  return { deploymentId, fence: lock.fence, round: await roundOf(ports, deploymentId), next: 'decide' };
}

async function roundOf(ports: Ports, deploymentId: string): Promise<number> {
  return (await readDecisions(ports, deploymentId)).at(-1)?.round ?? 0;
}
