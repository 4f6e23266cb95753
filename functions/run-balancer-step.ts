import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { balancerActions } from '../core/model/statuses.ts';
import { readState, requireLock } from '../ledger/lock/target-state.ts';
import { readPlan } from '../ledger/rollout/deployments.ts';
import { balancerParkingName, findParked, type ParkedBalancer, park, unpark } from '../ledger/waiting/parked-tasks.ts';
import { advanceBalancerStep } from './balancer/advance-balancer-step.ts';
import { toHandler } from './runtime/handler.ts';

const inputSchema = z.object({
  token: z.string(),
  action: z.enum(balancerActions),
  deploymentId: z.string(),
  fence: z.number(),
  round: z.number(),
  instanceId: z.string(),
});

export type BalancerStepInput = z.output<typeof inputSchema>;

/**
 * One look at a host on its way out of its target group, or into it; the first one also sends it there. ELB tells nobody
 * when it is done: each missed heartbeat of the task is the next look, until the deadline in the ledger. Throws
 * LockLostError.
 */
export async function run(input: BalancerStepInput, ports: Ports): Promise<void> {
  const { token, action, deploymentId, fence, round, instanceId } = input;
  requireLock(await readState(ports), { deploymentId, fence });
  const plan = await readPlan(ports, deploymentId);
  const host = plan?.hosts.find((each) => each.instanceId === instanceId);
  if (plan?.loadBalancer === undefined || host === undefined) {
    throw new Error(`${deploymentId} has no load balancer for ${instanceId} in its plan`);
  }
  const name = balancerParkingName(ports.stage.service, deploymentId, instanceId);
  const earlier = await findParked(ports, name);
  const parkedAt = new Date(ports.clock.now()).toISOString();
  const parked: ParkedBalancer = {
    kind: 'balancer',
    token,
    deploymentId,
    fence,
    instanceId,
    action,
    round,
    parkedAt,
    healthyLooks: isSameStep(earlier, input) ? earlier.healthyLooks : 0,
  };
  await park(ports, name, parked);
  const looked = await advanceBalancerStep(ports, plan.loadBalancer, host, parked);
  if (looked.kind === 'waiting') {
    await park(ports, name, { ...parked, healthyLooks: looked.healthyLooks });
    return;
  }
  await ports.executions.taskSucceeded(token, { status: looked.outcome.status });
  await unpark(ports, name);
}

function isSameStep(
  earlier: Awaited<ReturnType<typeof findParked>>,
  { action, round }: BalancerStepInput,
): earlier is ParkedBalancer {
  return earlier?.kind === 'balancer' && earlier.action === action && earlier.round === round;
}

export const handler = toHandler('run-balancer-step', inputSchema, run);
