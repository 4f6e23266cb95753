import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { hostActions } from '../core/model/statuses.ts';
import { readState, requireLock } from '../ledger/lock/target-state.ts';
import { openPlanned } from '../ledger/rollout/deployments.ts';
import { readSteps } from '../ledger/rollout/host-steps.ts';
import { park } from '../ledger/waiting/parked-tasks.ts';
import { answerStep } from './host-step/answer-step.ts';
import { isHeldBack } from './host-step/held-back.ts';
import { sendStep } from './host-step/send-step.ts';
import { stepOfRound } from './host-step/step-of-round.ts';
import { parkingNameOf } from './host-step/tell-step.ts';
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
  const state = await readState(ports);
  const lock = requireLock(state, { deploymentId, fence });
  const [deployment, steps] = await Promise.all([
    openPlanned(ports, deploymentId),
    readSteps(ports, deploymentId, instanceId),
  ]);
  const earlier = stepOfRound(steps, action, round);
  if (earlier === undefined && (await isHeldBack(ports, deployment, lock, { ...input, isSentAgain: false }))) {
    await ports.executions.taskSucceeded(token, { status: 'heldBack' });
    return;
  }
  const parkedAt = new Date(ports.clock.now()).toISOString();
  const parked = { kind: 'command', token, deploymentId, fence, instanceId, action, round, parkedAt } as const;
  await park(ports, parkingNameOf(deployment.plan, parked), parked);
  if (earlier === undefined || (earlier.outcome === null && earlier.commandId === null)) {
    await sendStep(ports, deployment, parked, { steps, state });
  }
  const askHost = () => ports.inventory.stateOf(instanceId);
  // Asked for once more, the task has missed a heartbeat.
  await answerStep(ports, deployment, parked, earlier === undefined ? undefined : askHost);
}

export const handler = toHandler('run-host-step', inputSchema, run);
