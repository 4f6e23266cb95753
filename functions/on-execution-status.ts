import { z } from 'zod';
import type { Ports } from '../clients/ports.ts';
import { readState } from '../ledger/target-state.ts';
import { startRepair } from './parked/start-repair.ts';
import { toHandler } from './runtime/handler.ts';

/** `Step Functions Execution Status Change`. */
const inputSchema = z.object({ detail: z.object({ executionArn: z.string(), status: z.string() }) });

/**
 * Starts the repair of an execution that ended without freeing what it held: stopped in the console, timed out, or failed
 * before it could record its end. An execution that holds nothing any more needs none.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  if (detail.status === 'RUNNING' || detail.status === 'SUCCEEDED') {
    return;
  }
  const { lock, queue } = await readState(ports);
  const held = [...(lock === null ? [] : [lock]), ...queue].filter((each) => each.executionArn === detail.executionArn);
  for (const { deploymentId, executionArn } of held) {
    await startRepair(ports, deploymentId, executionArn);
  }
}

export const handler = toHandler('on-execution-status', inputSchema, run);
