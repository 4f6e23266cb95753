import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { holdsBack } from '../core/holds-back.ts';
import { documentOfAction, hostActions } from '../core/statuses.ts';
import { readFacts, readPlan } from '../ledger/deployments.ts';
import { readSteps } from '../ledger/host-steps.ts';
import { commandParkingName, park } from '../ledger/parked-tasks.ts';
import { readState, requireLock } from '../ledger/target-state.ts';
import { withAlarms } from './alarms/look-at-alarms.ts';
import { answerStep } from './host-step/answer-step.ts';
import { sendStep } from './host-step/send-step.ts';
import { stepOfRound } from './host-step/step-of-round.ts';
import { toHandler } from './runtime/handler.ts';

const inputSchema = z.object({
  token: z.string(),
  action: z.enum(hostActions),
  deploymentId: z.string(),
  fence: z.number(),
  round: z.number(),
  instanceId: z.string(),
});

export type HostStepInput = z.output<typeof inputSchema>;

/**
 * One step of one host: parks the token, sends the command once, looks once. A retry after a missed heartbeat re-attaches
 * to the command that is out; it never sends a second one while the first may still answer. Throws LockLostError.
 */
export async function run(input: HostStepInput, ports: Ports): Promise<void> {
  const { token, action, deploymentId, fence, round, instanceId } = input;
  const lock = requireLock(await readState(ports), { deploymentId, fence });
  const steps = await readSteps(ports, deploymentId, instanceId);
  const earlier = stepOfRound(steps, action, round);
  if ((action === 'activate' || action === 'revert') && earlier === undefined) {
    const { executionArn, purpose } = lock;
    const read = await readFacts(ports, deploymentId, { executionArn, isRepair: purpose === 'repair', error: null });
    // One look: the step must be over before the heartbeat of its state.
    const facts = read !== undefined && action === 'activate' ? await withAlarms(ports, read, []) : read;
    if (facts !== undefined && holdsBack(facts, { instanceId, action, round })) {
      await ports.executions.taskSucceeded(token, { status: 'heldBack' });
      return;
    }
  }
  const plan = await readPlan(ports, deploymentId);
  if (plan === undefined) {
    throw new Error(`${deploymentId} has no plan in the ledger`);
  }
  const name = commandParkingName(plan.documents[documentOfAction[action]].name, instanceId);
  const parkedAt = new Date(ports.clock.now()).toISOString();
  const parked = { kind: 'command', token, deploymentId, fence, instanceId, action, round, parkedAt } as const;
  await park(ports, name, parked);
  if (earlier === undefined || (earlier.outcome === null && earlier.commandId === null)) {
    await sendStep(ports, plan, parked, steps);
  }
  const askHost = () => ports.inventory.stateOf(instanceId);
  // Asked for once more, the task has missed a heartbeat.
  await answerStep(ports, plan, parked, earlier === undefined ? undefined : askHost);
}

export const handler = toHandler('run-host-step', inputSchema, run);
