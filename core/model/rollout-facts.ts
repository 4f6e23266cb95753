import type { AlarmReading } from './alarm-reading.ts';
import type { AdmittedDeployment, DeploymentPlan } from './deployment-records.ts';
import type { ErrorName } from './errors.ts';
import type { HostProgress } from './host-progress.ts';
import type { Controls } from './operator-requests.ts';
import type { Reason } from './reasons.ts';

/** Everything that the next decision and the end state are made from: one reading of the ledger. */
export interface RolloutFacts {
  readonly admitted: AdmittedDeployment;
  readonly plan: DeploymentPlan;
  readonly progress: readonly HostProgress[];
  /** Earlier decisions, oldest first. */
  readonly decisions: readonly RecordedDecision[];
  readonly controls: Controls;
  /** CloudWatch alarms, as they were when this was read. */
  readonly alarms: AlarmReading;
  /** This execution only puts right what a dead one left. */
  readonly isRepair: boolean;
  /** The error of the machine that led to this reading; what it led to is in the decision that followed. */
  readonly error: MachineError | null;
  readonly nowMilliseconds: number;
}

export interface MachineError {
  readonly name: string;
  readonly cause: string;
}

/** Why a rollout must not go on. `keepsHosts`: the operator said halt and keep. */
export interface Failure {
  readonly reason: Reason;
  readonly errorName: ErrorName;
  readonly keepsHosts: boolean;
}

/** What a parked rollout waits for: an approval, the end of a pause, or the end of a fault that is not the release's. */
export type ParkReason = 'approval' | 'pause' | 'shared-fault' | 'platform-fault';

/** What the machine does next; `kind` is the string that its Choice compares. */
export type Decision =
  | { readonly kind: 'stage'; readonly hosts: readonly string[]; readonly isRetry?: true }
  | {
      readonly kind: 'wave';
      readonly wave: number;
      readonly hosts: readonly string[];
      readonly maxConcurrency: number;
      /** An operator has said retry: these hosts have failed before. */
      readonly isRetry?: true;
    }
  | { readonly kind: 'bake'; readonly wave: number; readonly seconds: number }
  | {
      readonly kind: 'verify';
      readonly wave: number;
      readonly hosts: readonly string[];
      readonly maxConcurrency: number;
    }
  | {
      readonly kind: 'park';
      readonly wave: number;
      readonly why: ParkReason;
      readonly untilMilliseconds: number;
    }
  | { readonly kind: 'revert'; readonly hosts: readonly string[]; readonly maxConcurrency: number }
  | { readonly kind: 'drain' | 'join'; readonly hosts: readonly string[]; readonly maxConcurrency: number }
  | { readonly kind: 'settle'; readonly hosts: readonly string[] }
  /** What came to nothing is asked again after so many seconds. */
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'continue' }
  | { readonly kind: 'finish' };

/** `deployments/<id>/decisions/<round>.json` */
export interface RecordedDecision {
  /** 1, 2, …; 0 stands for the Stage that Plan asked for. */
  readonly round: number;
  readonly decision: Decision;
  /** The fence that the commands of this round carry. */
  readonly fence: number;
  readonly at: string;
  readonly executionArn: string;
  readonly error: MachineError | null;
  /** The alarms as this decision found them; absent where none were asked. */
  readonly alarms?: Exclude<AlarmReading, { readonly kind: 'notAsked' }>;
  /** Why the rollout turned back, as this decision found it: from then on it never goes forward again. */
  readonly failure?: Failure;
}
