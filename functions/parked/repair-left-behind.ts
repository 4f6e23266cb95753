import type { Ports } from '../../clients/ports.ts';
import { listRecentWithoutEnd, readAdmitted, readOutcome } from '../../ledger/deployments.ts';
import { readState } from '../../ledger/target-state.ts';
import { hasEnded, startRepair } from './start-repair.ts';

/**
 * Repairs the deployments that were admitted and whose executions died before they came to the queue, where no event told
 * of it: they hold nothing and wait nowhere, so that nobody else would ever give them an end.
 */
export async function repairLeftBehind(ports: Ports): Promise<void> {
  for (const deploymentId of await listRecentWithoutEnd(ports)) {
    const executionArn = await executionLeftBehind(ports, deploymentId);
    if (executionArn !== undefined && (await hasEnded(ports, executionArn))) {
      await startRepair(ports, deploymentId, executionArn);
    }
  }
}

/** The execution that admitted a deployment, where that has no end and neither holds the lock nor waits for it. */
export async function executionLeftBehind(ports: Ports, deploymentId: string): Promise<string | undefined> {
  const [admitted, outcome, { lock, queue }] = await Promise.all([
    readAdmitted(ports, deploymentId),
    readOutcome(ports, deploymentId),
    readState(ports),
  ]);
  const isKnown = [...(lock === null ? [] : [lock]), ...queue].some((each) => each.deploymentId === deploymentId);
  return outcome === undefined && !isKnown ? admitted?.executionArn : undefined;
}
