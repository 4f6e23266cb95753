import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { readState } from '../ledger/target-state.ts';
import { cutShortSteps } from './parked/cut-short-steps.ts';
import { wakePause, wakeWaiter } from './parked/wake.ts';
import { toHandler } from './runtime/handler.ts';

/** S3's `Object Created` event of the state bucket, below `control/`. */
const inputSchema = z.object({ detail: z.object({ object: z.object({ key: z.string() }) }) });

/** Wakes the deployment that an operator has spoken to, wherever it is parked. */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const match = /^rollgate\/[^/]+\/control\/[^/]+\/([^/]+)\/[^/]+\.json$/.exec(detail.object.key);
  const deploymentId = match?.[1];
  if (deploymentId === undefined) {
    return;
  }
  await wakePause(ports, deploymentId);
  await cutShortSteps(ports, deploymentId);
  const waiting = (await readState(ports)).queue.find((entry) => entry.deploymentId === deploymentId);
  if (waiting !== undefined) {
    await wakeWaiter(ports, waiting);
  }
}

export const handler = toHandler('on-control-written', inputSchema, run);
