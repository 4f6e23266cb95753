import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { toHandler } from './runtime/handler.ts';
import { alarmsOfBake, wakeBake } from './waiting/wake-bake.ts';

/** CloudWatch's `CloudWatch Alarm State Change` event, of any alarm in the account and region. */
const inputSchema = z.object({
  detail: z.object({ alarmName: z.string(), state: z.object({ value: z.string() }) }),
});

/**
 * Wakes a bake whose alarm has gone into ALARM: the decision that follows asks CloudWatch itself, so an event that is late
 * or false changes nothing but the moment of the look.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const { lock } = await readState(ports);
  if (detail.state.value !== 'ALARM' || lock?.purpose !== 'rollout') {
    return;
  }
  const alarms = await alarmsOfBake(ports, lock.deploymentId);
  if (alarms.some(({ name }) => name === detail.alarmName)) {
    await wakeBake(ports, lock.deploymentId);
  }
}

export const handler = toHandler('on-alarm-changed', inputSchema, run);
