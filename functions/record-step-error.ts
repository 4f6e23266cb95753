import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { writeStepError } from '../ledger/rollout/host-steps.ts';
import { toHandler } from './runtime/handler.ts';
import { machineError, machineErrorSchema } from './runtime/machine-error.ts';

const inputSchema = z.object({
  deploymentId: z.string(),
  round: z.number(),
  instanceId: z.string(),
  error: machineErrorSchema,
});

/**
 * Writes down at which error the machine gave up a step of one host, once per round. Nothing is read: this works also where
 * the function of the step may do nothing any more. An execution that has lost the lock changes nothing.
 */
export async function run(input: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const { deploymentId, round, instanceId } = input;
  const error = machineError(input.error);
  if (error === null || error.name === 'LockLostError') {
    return;
  }
  const at = new Date(ports.clock.now()).toISOString();
  await writeStepError(ports, deploymentId, { instanceId, round, name: error.name, cause: error.cause, at });
}

export const handler = toHandler('record-step-error', inputSchema, run);
