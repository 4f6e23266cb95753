import type { TargetState } from '../../../../core/model/target-state.ts';

/** When nothing goes on any more, nobody has the lock and nobody waits for it. */
export function lockIsFree({ lock, queue }: TargetState): readonly string[] {
  return [
    ...(lock === null ? [] : [`the lock is not free at the end: ${lock.deploymentId} has it`]),
    ...queue.map(({ deploymentId }) => `the queue is not empty at the end: ${deploymentId} waits`),
  ];
}
