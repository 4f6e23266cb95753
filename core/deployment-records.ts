import type { Diagnosis } from './diagnosis.ts';
import type { DeploymentRequest } from './execution-input.ts';
import type { HostReport } from './host-report.ts';
import type { Reason } from './reasons.ts';
import type { RolloutConfig } from './service-config.ts';
import type { DeploymentEnd, DocumentKind, HostAction, Trigger } from './statuses.ts';

/** `deployments/<id>/request.json`: what was admitted. Written once. */
export interface AdmittedDeployment {
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly trigger: Trigger;
  readonly request: DeploymentRequest;
  readonly by: string;
  readonly admittedAt: string;
  readonly isDryRun: boolean;
  readonly isRollback: boolean;
  /** The running rollout that this one halts first. */
  readonly halts?: string;
  readonly release: {
    readonly number: number;
    readonly releaseId: string;
    readonly manifestSha256: string;
    /** The artifact version it was made from. */
    readonly versionId: string;
  };
  /** The stable release at the time of admission. */
  readonly stable: { readonly number: number; readonly releaseId: string } | null;
  readonly warnings: readonly string[];
}

/** One host of the plan. */
export interface PlannedHost {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly privateAddress: string;
  readonly isSimulated: boolean;
}

/** `deployments/<id>/plan.json`: the target and the policy, as they were when this deployment got the lock. */
export interface DeploymentPlan {
  readonly hosts: readonly PlannedHost[];
  /** Hosts of the target that were offline and are left out (`offlineHosts: skip`). */
  readonly skipped: readonly PlannedHost[];
  /** False for a deployment to named hosts: `stable` does not move. Hosts that were skipped are converged later. */
  readonly isWholeTarget: boolean;
  /** Hosts of the target outside this plan that can't be reached: they count against `maxUnavailable`. */
  readonly downElsewhere: number;
  /** Seconds that one host may take from its activation to the end of its gate. */
  readonly secondsPerHost: number;
  readonly policy: RolloutConfig;
  /** Plan has sent nothing to any host: a person approves first, or an alarm is in ALARM. */
  readonly isStagedLater?: boolean;
  readonly documents: Readonly<
    Record<DocumentKind, { readonly name: string; readonly version: string; readonly hash: string }>
  >;
  readonly plannedAt: string;
}

/** One command to one host: its intent, written before the call. `hosts/<instanceId>/<action>-<attempt>.intent.json` */
export interface StepIntent {
  readonly instanceId: string;
  readonly action: HostAction;
  /** 1, 2, …: counted per host and action over the whole deployment. */
  readonly attempt: number;
  /** The decision that asked for it; 0 is Stage. */
  readonly round: number;
  readonly key: string;
  readonly fence: number;
  readonly at: string;
  /** After this instant (ms) nothing more is expected of the command. */
  readonly deadlineMilliseconds: number;
  readonly comment: string;
}

/** How a step ended. `hosts/<instanceId>/<action>-<attempt>.json` */
export interface StepOutcome {
  readonly instanceId: string;
  readonly action: HostAction;
  readonly attempt: number;
  readonly round: number;
  readonly fence: number;
  /**
   * `done` and `failed`: the host said so. `refused`: the host or SSM did nothing. `unknown`: nobody can tell what the
   * host did; it stays unsettled until it has acknowledged a higher fence.
   */
  readonly status: 'done' | 'failed' | 'refused' | 'unknown';
  readonly at: string;
  readonly commandId: string | null;
  readonly report: HostReport | null;
  readonly diagnosis: Diagnosis | null;
  /** The platform failed, not the host or the release: the step is tried again. */
  readonly isRetryable: boolean;
}

/** A step as it stands: intent, the command id once known, the outcome once known. */
export interface Step {
  readonly intent: StepIntent;
  readonly commandId: string | null;
  readonly outcome: StepOutcome | null;
}

/** What an operator asked for: `control/<verb>/<deploymentId>.json` */
export interface Control {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  /** halt only: leave the hosts as they are. */
  readonly isKept?: boolean;
}

/** `deployments/<id>/outcome.json`: the end of a deployment. Written once. */
export interface DeploymentOutcome {
  readonly deploymentId: string;
  readonly status: DeploymentEnd;
  readonly reason: Reason;
  /** Name of an error in core/errors.ts for an end that is none of success. */
  readonly errorName: string | null;
  readonly endedAt: string;
  readonly isDryRun: boolean;
  /** Only a deployment to the whole target moves `stable`. */
  readonly isWholeTarget: boolean;
  /** Every host of the plan with what it runs, as last observed. */
  readonly hosts: readonly HostOutcome[];
  readonly executionArn: string;
}

export interface HostOutcome {
  readonly instanceId: string;
  readonly name: string;
  readonly status: 'passed' | 'reverted' | 'untouched' | 'dirty' | 'skipped' | 'kept';
  /** `v42-…`, `v0`, `none`, or null where it was never seen. */
  readonly running: string | null;
  readonly observedAt: string | null;
  readonly diagnosis: Diagnosis | null;
  /** For a dirty host: what to type to repair it. */
  readonly repair: string | null;
  /** Checks of its newest gate that failed and do not decide; absent in records of before there were any. */
  readonly reported?: readonly ReportedCheck[];
}

/** A check that only reports, and found fault. */
export interface ReportedCheck {
  readonly name: string;
  readonly detail: string;
}
