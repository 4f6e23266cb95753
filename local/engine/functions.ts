import { handler as acquireLock } from '../../functions/acquire-lock.ts';
import { handler as admitDeployment } from '../../functions/admit-deployment.ts';
import { handler as decideNextWave } from '../../functions/decide-next-wave.ts';
import { handler as finishDeployment } from '../../functions/finish-deployment.ts';
import { handler as onAlarmChanged } from '../../functions/on-alarm-changed.ts';
import { handler as onArtifactUploaded } from '../../functions/on-artifact-uploaded.ts';
import { handler as onCommandStatus } from '../../functions/on-command-status.ts';
import { handler as onControlWritten } from '../../functions/on-control-written.ts';
import { handler as onExecutionStatus } from '../../functions/on-execution-status.ts';
import { handler as onInstanceRunning } from '../../functions/on-instance-running.ts';
import { handler as parkDeployment } from '../../functions/park-deployment.ts';
import { handler as planRollout } from '../../functions/plan-rollout.ts';
import { handler as recordStepError } from '../../functions/record-step-error.ts';
import { handler as runBalancerStep } from '../../functions/run-balancer-step.ts';
import { handler as runHostStep } from '../../functions/run-host-step.ts';
import type { Handler } from '../../functions/runtime/handler.ts';
import { handler as sweepLocks } from '../../functions/sweep-locks.ts';

/** The Lambdas that the state machine calls, under the names that stand in its definition. */
export const stepFunctions = {
  AdmitDeployment: admitDeployment,
  AcquireLock: acquireLock,
  PlanRollout: planRollout,
  RunHostStep: runHostStep,
  RunBalancerStep: runBalancerStep,
  RecordStepError: recordStepError,
  DecideNextWave: decideNextWave,
  ParkDeployment: parkDeployment,
  FinishDeployment: finishDeployment,
} as const satisfies Readonly<Record<string, Handler>>;

/** The Lambdas that events call. */
export const eventFunctions = {
  OnAlarmChanged: onAlarmChanged,
  OnArtifactUploaded: onArtifactUploaded,
  OnCommandStatus: onCommandStatus,
  OnControlWritten: onControlWritten,
  OnExecutionStatus: onExecutionStatus,
  OnInstanceRunning: onInstanceRunning,
  SweepLocks: sweepLocks,
} as const satisfies Readonly<Record<string, Handler>>;

export type EventFunction = keyof typeof eventFunctions;
