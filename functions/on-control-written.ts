import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { wholeTarget } from '../ledger/keys.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { repairOnRequest } from './lock/repair-lock.ts';
import { applyFreeze } from './operator/apply-freeze.ts';
import { cutShortSteps } from './operator/cut-short-steps.ts';
import { toHandler } from './runtime/handler.ts';
import { wakeLockWaiters, wakePause, wakeWaiter } from './waiting/wake.ts';

/** S3's `Object Created` event of the state bucket, below `control/`. */
const inputSchema = z.object({ detail: z.object({ object: z.object({ key: z.string() }) }) });

/** `rollgate/<service>/control/<verb>/<deployment, or target>/<word>.json` */
const wordKey = /^rollgate\/[^/]+\/control\/([^/]+)\/([^/]+)\/[^/]+\.json$/;

/** Does at once what an operator has said, or wakes the deployment that they have spoken to, wherever it is parked. */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const [, verb, about] = wordKey.exec(detail.object.key) ?? [];
  if (verb === undefined || about === undefined) {
    return;
  }
  if (about === wholeTarget) {
    await applyFreeze(ports);
    // Whoever waits for the lock of a frozen target is told so.
    await wakeLockWaiters(ports);
    return;
  }
  if (verb === 'unlock') {
    await repairOnRequest(ports, about);
    return;
  }
  await wakePause(ports, about);
  await cutShortSteps(ports, about);
  const waiting = (await readState(ports)).queue.find((entry) => entry.deploymentId === about);
  if (waiting !== undefined) {
    await wakeWaiter(ports, waiting);
  }
}

export const handler = toHandler('on-control-written', inputSchema, run);
