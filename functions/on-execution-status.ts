import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import type { TargetState } from '../core/model/target-state.ts';
import { readConvergence } from '../ledger/converge/convergence.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { convergeHosts } from './converge/converge-hosts.ts';
import { executionLeftBehind } from './lock/repair-left-behind.ts';
import { startRepair } from './lock/start-repair.ts';
import { toHandler } from './runtime/handler.ts';

/** `Step Functions Execution Status Change`. */
const inputSchema = z.object({
  detail: z.object({
    executionArn: z.string(),
    status: z.string(),
    /** Milliseconds since the epoch. */
    startDate: z.number().optional(),
  }),
});

type Detail = z.output<typeof inputSchema>['detail'];

/**
 * Starts the repair of an execution that ended without freeing what it held: stopped in the console, timed out, or failed
 * before it could record its end; also one that was admitted and died before it came to the queue. An execution that
 * holds nothing and left no deployment without an end needs none. Hosts that wait for the stable release are looked at.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  if (detail.status === 'RUNNING') {
    return;
  }
  if (detail.status !== 'SUCCEEDED') {
    await repairIfOwed(detail, ports);
  }
  if (Object.keys((await readConvergence(ports)).waiting).length > 0) {
    await convergeHosts(ports, null);
  }
}

async function repairIfOwed(detail: Detail, ports: Ports): Promise<void> {
  const state = await readState(ports);
  const { lock, queue } = state;
  const held = [...(lock === null ? [] : [lock]), ...queue].filter((each) => each.executionArn === detail.executionArn);
  // A repair that failed would start the next at once, and so on without end: the sweep does it, five minutes apart.
  if (lock?.purpose === 'repair' && lock.executionArn === detail.executionArn) {
    return;
  }
  for (const { deploymentId, executionArn } of held) {
    await startRepair(ports, deploymentId, executionArn);
  }
  if (held.length === 0) {
    await repairIfLeftBehind(detail, state, ports);
  }
}

/** The deployment that this execution admitted, where it has no end and nobody works on one. */
async function repairIfLeftBehind(
  { executionArn, startDate }: Detail,
  state: TargetState,
  ports: Ports,
): Promise<void> {
  if (startDate === undefined) {
    return;
  }
  const deploymentId = deploymentIdOf(executionArn, new Date(startDate).toISOString());
  if ((await executionLeftBehind(ports, state, deploymentId)) !== undefined) {
    await startRepair(ports, deploymentId, executionArn);
  }
}

export const handler = toHandler('on-execution-status', inputSchema, run);
