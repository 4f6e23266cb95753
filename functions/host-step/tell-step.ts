import type { Ports } from '../../clients/ports.ts';
import type { DeploymentPlan, StepOutcome } from '../../core/model/deployment-records.ts';
import { documentOfAction } from '../../core/model/statuses.ts';
import { commandParkingName, findParked, markAnswered, type ParkedCommand } from '../../ledger/waiting/parked-tasks.ts';

/** Tells the task of a step how it ended. A retry may have parked a newer token since this one was read: then that one is told. */
export async function tellStep(
  ports: Ports,
  plan: DeploymentPlan,
  parked: ParkedCommand,
  outcome: StepOutcome,
): Promise<void> {
  const name = parkingNameOf(plan, parked);
  const { status, commandId } = outcome;
  const isTold = await ports.executions.taskSucceeded(parked.token, { status });
  if (isTold) {
    await markAnswered(ports, name, parked.token, commandId ?? '');
    return;
  }
  const newer = await findParked(ports, name);
  const isSameStep =
    newer?.kind === 'command' &&
    newer.deploymentId === parked.deploymentId &&
    newer.action === parked.action &&
    newer.round === parked.round;
  if (isSameStep && newer.token !== parked.token && newer.answeredCommandId === undefined) {
    await tellStep(ports, plan, newer, outcome);
  }
}

/** Under which name the task of a step is parked. */
export function parkingNameOf(
  plan: DeploymentPlan,
  { action, instanceId }: Pick<ParkedCommand, 'action' | 'instanceId'>,
): string {
  return commandParkingName(plan.documents[documentOfAction[action]].name, instanceId);
}
