import type { Ports } from '../../clients/ports.ts';
import type { AlarmConfig } from '../../core/model/service-config.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { alarmsOf, firingAlarms, haveAlarmsASay } from '../../core/rollout/decide/alarms.ts';
import { openDeployment } from '../../ledger/rollout/deployments.ts';
import { findParked, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { lookAtAlarms } from '../alarms/look-at-alarms.ts';
import { wakePause } from './wake.ts';

/** The alarms that may end a bake of this deployment. */
export async function alarmsOfBake(ports: Ports, deploymentId: string): Promise<readonly AlarmConfig[]> {
  const deployment = await openDeployment(ports, deploymentId);
  return deployment !== undefined && haveAlarmsASay(deployment.admitted)
    ? alarmsOf(deployment.plan.policy).filter((alarm) => !alarm.isReportOnly)
    : [];
}

/** Whether an alarm that may end the bake of this deployment is in ALARM now. */
export async function isAlarmFiring(ports: Ports, deploymentId: string): Promise<boolean> {
  return firingAlarms(await lookAtAlarms(ports, await alarmsOfBake(ports, deploymentId))).length > 0;
}

/** Wakes the holder of the lock out of its bake; wherever else it waits, it is left alone. */
export async function wakeBake(ports: Ports, deploymentId: string): Promise<void> {
  if (await isBaking(ports, deploymentId)) {
    await wakePause(ports, deploymentId);
  }
}

/** What the sweep does for alarms whose event was lost. */
export async function wakeBakeUnderAlarm(ports: Ports, lock: Lock | null): Promise<void> {
  if (lock?.purpose !== 'rollout' || !(await isBaking(ports, lock.deploymentId))) {
    return;
  }
  if (await isAlarmFiring(ports, lock.deploymentId)) {
    await wakePause(ports, lock.deploymentId);
  }
}

async function isBaking(ports: Ports, deploymentId: string): Promise<boolean> {
  const parked = await findParked(ports, pauseParkingName(ports.stage.service, deploymentId));
  return parked?.kind === 'bake';
}
