import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { cutsShort, mayBeCutShort } from '../core/rollout/cuts-short.ts';
import { holdsBack } from '../core/rollout/holds-back.ts';
import { hostActions } from '../core/statuses.ts';
import type { Lock } from '../core/target-state.ts';
import { readStoppingWords } from '../ledger/controls.ts';
import { readFacts, readPlan } from '../ledger/deployments.ts';
import { readSteps } from '../ledger/host-steps.ts';
import { park } from '../ledger/parked-tasks.ts';
import { readState, requireLock } from '../ledger/target-state.ts';
import { withAlarms } from './alarms/look-at-alarms.ts';
import { answerStep } from './host-step/answer-step.ts';
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
  const lock = requireLock(await readState(ports), { deploymentId, fence });
  const steps = await readSteps(ports, deploymentId, instanceId);
  const earlier = stepOfRound(steps, action, round);
  if (earlier === undefined && (await isHeldBack(ports, lock, input))) {
    await ports.executions.taskSucceeded(token, { status: 'heldBack' });
    return;
  }
  const plan = await readPlan(ports, deploymentId);
  if (plan === undefined) {
    throw new Error(`${deploymentId} has no plan in the ledger`);
  }
  const parkedAt = new Date(ports.clock.now()).toISOString();
  const parked = { kind: 'command', token, deploymentId, fence, instanceId, action, round, parkedAt } as const;
  await park(ports, parkingNameOf(plan, parked), parked);
  if (earlier === undefined || (earlier.outcome === null && earlier.commandId === null)) {
    await sendStep(ports, plan, parked, steps);
  }
  const askHost = () => ports.inventory.stateOf(instanceId);
  // Asked for once more, the task has missed a heartbeat.
  await answerStep(ports, plan, parked, earlier === undefined ? undefined : askHost);
}

/** What switches a host is weighed against all that is known; what may be ended at any time only waits for no word. */
async function isHeldBack(
  ports: Ports,
  { executionArn, purpose }: Lock,
  { action, deploymentId, instanceId, round }: HostStepInput,
): Promise<boolean> {
  if (mayBeCutShort(action)) {
    return cutsShort({ action, instanceId }, await readStoppingWords(ports, deploymentId)) !== null;
  }
  if (action !== 'activate' && action !== 'revert') {
    return false;
  }
  const read = await readFacts(ports, deploymentId, { executionArn, isRepair: purpose === 'repair', error: null });
  // One look: the step must be over before the heartbeat of its state.
  const facts = read !== undefined && action === 'activate' ? await withAlarms(ports, read, []) : read;
  return facts !== undefined && holdsBack(facts, { instanceId, action, round });
}

export const handler = toHandler('run-host-step', inputSchema, run);
