import type { Ports } from '../../clients/ports.ts';
import type { QueueEntry } from '../../core/model/target-state.ts';
import { keys } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import {
  findParked,
  lockParkingName,
  pauseParkingName,
  readParked,
  removeParked,
} from '../../ledger/waiting/parked-tasks.ts';
import { hasEnded, startRepair } from '../lock/start-repair.ts';
import { gaveWay, tryAcquireLock } from '../lock/try-acquire-lock.ts';

/**
 * Wakes whoever may now have the lock or is superseded: looks on behalf of each waiting execution and answers its token
 * when the look is decisive. An execution that is between two heartbeats has no token for a moment; it looks by itself.
 */
export async function wakeLockWaiters(ports: Ports): Promise<void> {
  const { queue } = await readState(ports);
  for (const entry of queue) {
    await wakeWaiter(ports, entry);
  }
}

/** Wakes one deployment that waits for the lock, if its look is decisive now. */
export async function wakeWaiter(ports: Ports, entry: QueueEntry): Promise<void> {
  const parked = await readParked(ports, keys.parked(lockParkingName(ports.stage.service, entry.deploymentId)));
  if (parked?.task.kind !== 'lock') {
    return;
  }
  const { deploymentId, executionArn, token } = parked.task;
  if (await hasEnded(ports, executionArn)) {
    await startRepair(ports, deploymentId, executionArn);
    await removeParked(ports, parked);
    return;
  }
  try {
    const acquired = await tryAcquireLock(ports, { deploymentId, executionArn, purpose: 'rollout' });
    if (acquired === undefined) {
      return;
    }
    await ports.executions.taskSucceeded(token, acquired);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'TransientAwsError') {
      throw error;
    }
    await ports.executions.taskFailed(token, error.name, error.message);
  }
  await removeParked(ports, parked);
}

/** Ends the waiting of an upload whose place this rollback took; between two heartbeats the upload looks by itself. */
export async function wakeSuperseded(ports: Ports, { deploymentId }: QueueEntry, rollback: string): Promise<void> {
  const parked = await findParked(ports, lockParkingName(ports.stage.service, deploymentId));
  if (parked?.kind === 'lock') {
    const answer = gaveWay(deploymentId, { kind: 'rollback', deploymentId: rollback });
    await ports.executions.taskSucceeded(parked.token, answer);
  }
}

/** Wakes a deployment that is parked for an operator or a bake: it decides anew what comes next. */
export async function wakePause(ports: Ports, deploymentId: string): Promise<void> {
  const name = pauseParkingName(ports.stage.service, deploymentId);
  const parked = await findParked(ports, name);
  if (parked === undefined || (parked.kind !== 'operator' && parked.kind !== 'bake')) {
    return;
  }
  // The record stays until Finish: by now a newer token may be parked in its place.
  await ports.executions.taskSucceeded(parked.token, {});
}
