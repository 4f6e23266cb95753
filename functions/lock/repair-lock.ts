import type { Ports } from '../../clients/ports.ts';
import { maxRepairsWithoutAPerson } from '../../core/lock/acquire-lock.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readControl } from '../../ledger/operator/requests.ts';
import { startRepair } from './start-repair.ts';
import { startHeir } from './start-successor.ts';

/** Starts what a lock waits for: the repair of a holder that has ended, or the successor it was handed to. */
export async function repairIfDead(ports: Ports, lock: Lock): Promise<void> {
  const info = await ports.executions.describe(lock.executionArn);
  if (info === undefined) {
    await startHeir(ports, lock);
  } else if (info.status !== 'RUNNING' && lock.repairs < maxRepairsWithoutAPerson) {
    await startRepair(ports, lock.deploymentId, lock.executionArn);
  }
}

/** A person has said unlock: a repair starts now, however many have failed, and also where nobody knows the holder any more. */
export async function repairOnRequest(ports: Ports, deploymentId: string): Promise<void> {
  const { lock } = await readState(ports);
  if (lock?.deploymentId === deploymentId && (await isDead(ports, lock.deploymentId, lock.executionArn, lock))) {
    await startRepair(ports, deploymentId, lock.executionArn);
  }
}

/**
 * Whether an execution is known to have ended. One that Step Functions does not know is unknown, not dead: only a person
 * can say that it is gone, and has, where they said unlock since the lock was taken.
 */
export async function isDead(
  ports: Ports,
  deploymentId: string,
  executionArn: string,
  lock: Pick<Lock, 'acquiredAt'> | null,
): Promise<boolean> {
  const info = await ports.executions.describe(executionArn);
  if (info !== undefined) {
    return info.status !== 'RUNNING';
  }
  const unlock = await readControl(ports, 'unlock', deploymentId);
  return unlock !== null && (lock === null || Date.parse(unlock.at) >= Date.parse(lock.acquiredAt));
}
