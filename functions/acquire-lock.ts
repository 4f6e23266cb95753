import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { lockParkingName, park, unpark } from '../ledger/waiting/parked-tasks.ts';
import { tryAcquireLock } from './lock/try-acquire-lock.ts';
import { toHandler } from './runtime/handler.ts';

const inputSchema = z.object({
  token: z.string(),
  executionArn: z.string(),
  deploymentId: z.string(),
  purpose: z.enum(['rollout', 'repair', 'continue']),
});

/**
 * Waits until this deployment may change the target: parks the token, asks for the lock, and answers the token at once
 * if it got it. Else whoever frees the lock wakes it, and the heartbeat asks again.
 * Throws HaltedError, DeploymentLockedError and LockLostError.
 */
export async function run(input: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const { token, executionArn, deploymentId, purpose } = input;
  const name = lockParkingName(ports.stage.service, deploymentId);
  const parkedAt = new Date(ports.clock.now()).toISOString();
  if (purpose === 'rollout') {
    await park(ports, name, { kind: 'lock', token, deploymentId, executionArn, parkedAt });
  }
  const acquired = await tryAcquireLock(ports, { deploymentId, executionArn, purpose });
  if (acquired !== undefined) {
    await ports.executions.taskSucceeded(token, acquired);
    await unpark(ports, name);
  }
}

export const handler = toHandler('acquire-lock', inputSchema, run);
