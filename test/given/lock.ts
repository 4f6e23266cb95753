import type { Lock, QueueEntry } from '../../core/model/target-state.ts';
import { instant } from './deployment.ts';

/** The lock as this deployment holds it. */
export function lockOf(deploymentId: string, more: Partial<Lock> = {}): Lock {
  return {
    deploymentId,
    executionArn: `arn:${deploymentId}`,
    fence: 1,
    acquiredAt: instant(0),
    by: 'alice',
    purpose: 'rollout',
    repairs: 0,
    isRollback: false,
    ...more,
  };
}

/** This deployment as it waits for the lock. */
export function queueEntry(deploymentId: string, more: Partial<QueueEntry> = {}): QueueEntry {
  return {
    deploymentId,
    executionArn: `arn:${deploymentId}`,
    trigger: 'person',
    versionId: null,
    admittedAt: instant(0),
    by: 'anna',
    isRollback: false,
    ...more,
  };
}
