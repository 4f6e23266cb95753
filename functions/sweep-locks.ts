import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { convergeHosts } from './converge/converge-hosts.ts';
import { repairLeftBehind } from './lock/repair-left-behind.ts';
import { repairIfDead } from './lock/repair-lock.ts';
import { hasEnded, startRepair } from './lock/start-repair.ts';
import { applyFreeze } from './operator/apply-freeze.ts';
import { toHandler } from './runtime/handler.ts';
import { sweepParked } from './waiting/sweep-parked.ts';
import { wakeLockWaiters } from './waiting/wake.ts';
import { wakeBakeUnderAlarm } from './waiting/wake-bake.ts';

/** The 5-minute schedule sends nothing that matters. */
const inputSchema = z.unknown();

/**
 * The safety net below the events, which are best effort: puts the last word about freezing in force, repairs a lock
 * whose execution has ended, takes ended executions out of the queue, repairs what died before it came there, wakes whoever
 * may go on, looks again at commands of which no event came, removes the tokens that nobody waits for any more, ends a bake
 * whose alarm has gone off, and looks for hosts that should get the stable release. A look that fails does not keep the others from being made.
 */
export async function run(_event: unknown, ports: Ports): Promise<void> {
  const state = await readState(ports);
  const { lock, queue } = state;
  const [freezing] = await Promise.allSettled([applyFreeze(ports)]);
  if (lock !== null) {
    await repairIfDead(ports, lock);
  }
  for (const entry of queue) {
    if (await hasEnded(ports, entry.executionArn)) {
      await startRepair(ports, entry.deploymentId, entry.executionArn);
    }
  }
  if (lock === null) {
    await wakeLockWaiters(ports);
  }
  const looks = await Promise.allSettled([
    repairLeftBehind(ports, state),
    sweepParked(ports),
    convergeHosts(ports, null),
    wakeBakeUnderAlarm(ports, lock),
  ]);
  for (const look of [freezing, ...looks]) {
    if (look.status === 'rejected') {
      throw look.reason;
    }
  }
}

export const handler = toHandler('sweep-locks', inputSchema, run);
