import type { Ports } from '../../clients/ports.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { listRecentWithoutEnd, readAdmitted, readOutcome } from '../../ledger/rollout/deployments.ts';
import { hasEnded, startRepair } from './start-repair.ts';

/**
 * Repairs the deployments that were admitted and whose executions died before they came to the queue, where no event told
 * of it: they hold nothing and wait nowhere, so that nobody else would ever give them an end.
 */
export async function repairLeftBehind(ports: Ports, state: TargetState): Promise<void> {
  for (const deploymentId of await listRecentWithoutEnd(ports)) {
    const executionArn = await executionLeftBehind(ports, state, deploymentId);
    if (executionArn !== undefined && (await hasEnded(ports, executionArn))) {
      await startRepair(ports, deploymentId, executionArn);
    }
  }
}

/** The execution that admitted a deployment, where that has no end and neither holds the lock nor waits for it. */
export async function executionLeftBehind(
  ports: Ports,
  { lock, queue }: Pick<TargetState, 'lock' | 'queue'>,
  deploymentId: string,
): Promise<string | undefined> {
  if ([...(lock === null ? [] : [lock]), ...queue].some((each) => each.deploymentId === deploymentId)) {
    return undefined;
  }
  const [admitted, outcome] = await Promise.all([readAdmitted(ports, deploymentId), readOutcome(ports, deploymentId)]);
  return outcome === undefined ? admitted?.executionArn : undefined;
}
