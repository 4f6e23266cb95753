import type { Ports } from '../../clients/ports.ts';
import { judgeInvocation } from '../../core/host/judge-invocation.ts';
import type { DeploymentPlan } from '../../core/model/deployment-records.ts';
import type { Controls } from '../../core/model/operator-requests.ts';
import { interrupts } from '../../core/operator/interrupts.ts';
import { type HostStep, isHostStep } from '../../core/rollout/progress/host-step.ts';
import { readStoppingWords } from '../../ledger/operator/requests.ts';
import { readPlan } from '../../ledger/rollout/deployments.ts';
import { readSteps } from '../../ledger/rollout/host-steps.ts';
import { findParked } from '../../ledger/waiting/parked-tasks.ts';
import { cutShort } from '../host-step/cut-short.ts';
import { parkingNameOf, tellStep } from '../host-step/tell-step.ts';

/** Hosts that are looked at at once. */
const pageSize = 20;

/**
 * Ends the waiting for every step of a deployment that an operator's word ends: a halt waits for no install and no gate.
 * A step whose command has just ended is left to its own event.
 */
export async function cutShortSteps(ports: Ports, deploymentId: string): Promise<void> {
  const plan = await readPlan(ports, deploymentId);
  if (plan === undefined) {
    return;
  }
  const words = await readStoppingWords(ports, deploymentId);
  const open = (await readSteps(ports, deploymentId))
    .filter(isHostStep)
    .filter(({ intent, outcome }) => outcome === null && interrupts(intent, words) !== null);
  for (let start = 0; start < open.length; start += pageSize) {
    const page = open.slice(start, start + pageSize);
    await Promise.all(page.map((step) => cutShortOne(ports, deploymentId, plan, step, words)));
  }
}

async function cutShortOne(
  ports: Ports,
  deploymentId: string,
  plan: DeploymentPlan,
  step: HostStep,
  words: Pick<Controls, 'halt' | 'skip'>,
): Promise<void> {
  const { intent, commandId } = step;
  const found = commandId === null ? undefined : await ports.commands.invocation(commandId, intent.instanceId);
  const verdict = judgeInvocation({ intent, invocation: found ?? null, nowMilliseconds: ports.clock.now() });
  const outcome = verdict.kind === 'pending' ? await cutShort(ports, deploymentId, step, words) : undefined;
  const parked = await findParked(ports, parkingNameOf(plan, intent));
  const isItsTask =
    parked?.kind === 'command' &&
    parked.deploymentId === deploymentId &&
    parked.action === intent.action &&
    parked.round === intent.round &&
    parked.answeredCommandId === undefined;
  if (outcome !== undefined && isItsTask) {
    await tellStep(ports, plan, parked, outcome);
  }
}
