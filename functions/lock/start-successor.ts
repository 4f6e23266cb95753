import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';
import type { RecordedDecision } from '../../core/model/rollout-facts.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { changeState, requireLock } from '../../ledger/lock/target-state.ts';
import { readDecisions } from '../../ledger/rollout/deployments.ts';

/**
 * Hands the lock to the execution in which a deployment goes on, and starts it. The lock goes first; a retry finds either
 * and does the rest. Throws LockLostError.
 */
export async function startSuccessor(
  ports: Ports,
  decision: RecordedDecision,
  from: { readonly deploymentId: string; readonly executionArn: string },
): Promise<void> {
  const { deploymentId } = from;
  const name = executionNames.ofContinuation(deploymentId, decision.round);
  const successor = ports.executions.arnOf(name);
  await changeState(ports, (current) =>
    current.lock?.executionArn === successor
      ? current
      : { ...current, lock: { ...requireLock(current, from), executionArn: successor } },
  );
  await ports.executions.start(name, { continue: deploymentId });
}

/**
 * Starts the execution that a lock was handed to, where its predecessor did not come to it. Nothing else holds a lock by
 * an execution that was never started.
 */
export async function startHeir(ports: Ports, lock: Lock): Promise<void> {
  const { deploymentId, executionArn } = lock;
  const last = (await readDecisions(ports, deploymentId)).at(-1);
  if (last?.decision.kind !== 'continue') {
    return;
  }
  const name = executionNames.ofContinuation(deploymentId, last.round);
  if (ports.executions.arnOf(name) === executionArn) {
    await ports.executions.start(name, { continue: deploymentId });
  }
}
