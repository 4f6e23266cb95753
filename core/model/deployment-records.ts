import type { DeploymentRequest } from './deployment-request.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { HostReport } from './host-report.ts';
import type { InterruptingRequest } from './operator-requests.ts';
import type { PlannedBalancer } from './planned-balancer.ts';
import type { Reason } from './reasons.ts';
import type { RolloutConfig } from './service-config.ts';
import type { DeploymentEnd, DocumentKind, StepAction, Trigger } from './statuses.ts';
import type { SupersededUpload, TargetState, UploadedVersion } from './target-state.ts';

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
  /** The freeze in spite of which this rollback was taken; absent where the target was not frozen then. */
  readonly throughFreeze?: NonNullable<TargetState['freeze']>;
  /** The running rollout that this one halts first. */
  readonly halts?: string;
  readonly release: {
    readonly number: number;
    readonly releaseId: string;
    readonly manifestSha256: string;
    /** The artifact version it was made from. */
    readonly versionId: string;
  };
  /**
   * The version of the artifact that was asked for. The release may have been made from an earlier one with the same bytes.
   * Absent where no version was asked for: a release, a rollback, the configuration alone.
   */
  readonly upload?: UploadedVersion;
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
  /** Hosts of the target that were offline and are left out (`offlineHosts: skip`, and every rollback). */
  readonly skipped: readonly PlannedHost[];
  /** The release that was stable then: while it waited, others may have become so. Absent in older plans. */
  readonly stable?: AdmittedDeployment['stable'];
  /** The uploads that waited when this rollback was asked for: it took their place. */
  readonly supersedes?: readonly SupersededUpload[];
  /** False for a deployment to named hosts: `stable` does not move. Hosts that were skipped are converged later. */
  readonly isWholeTarget: boolean;
  /** Hosts of the target outside this plan that do not serve: they count against `maxUnavailable`. */
  readonly downElsewhere: number;
  /** Their names, each with how it is known, and how many others outside this plan can be reached and serve. Absent in older plans, as the next three. */
  readonly downElsewhereNames?: readonly string[];
  readonly servingElsewhere?: number;
  /** Every host with the tags of the target, also those that can't be reached. */
  readonly targetHosts?: number;
  /** Hosts that a person named, whose service may be taken down as the last one. */
  readonly namedHosts?: readonly string[];
  /** Hosts of this plan that did not serve when a deployment last saw them. */
  readonly lastSeenDown?: readonly string[];
  /** Seconds that one host may take from its activation to the end of its gate. */
  readonly secondsPerHost: number;
  readonly policy: RolloutConfig;
  /** Absent: the hosts stand behind none that Rollgate takes them out of. */
  readonly loadBalancer?: PlannedBalancer;
  /** Plan has sent nothing to any host: a person approves first, or an alarm is in ALARM. */
  readonly isStagedLater?: boolean;
  readonly documents: Readonly<
    Record<DocumentKind, { readonly name: string; readonly version: string; readonly hash: string }>
  >;
  readonly plannedAt: string;
}

/**
 * One command to one host, or one change of its place behind the load balancer: its intent, written before the call.
 * `hosts/<instanceId>/<action>-<attempt>.intent.json`
 */
export interface StepIntent<Action extends StepAction = StepAction> {
  readonly instanceId: string;
  readonly action: Action;
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
  /** drain only: the host was registered before. */
  readonly wasRegistered?: boolean;
}

/** How a step ended. `hosts/<instanceId>/<action>-<attempt>.json` */
export interface StepOutcome<Action extends StepAction = StepAction> {
  readonly instanceId: string;
  readonly action: Action;
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
  /** What is worth knowing of a success that is less than it might have been. */
  readonly note?: string;
  /** Nobody waits for its end any more, because an operator said so. */
  readonly stoppedBy?: InterruptingRequest;
}

/** A step as it stands: intent, the command id once known, the outcome once known. */
export interface Step<Action extends StepAction = StepAction> {
  readonly intent: StepIntent<Action>;
  readonly commandId: string | null;
  readonly outcome: StepOutcome<Action> | null;
}

/**
 * The error at which the machine gave up what a round asked of one host: before its step had an intent, or while it waited
 * for the end. `hosts/<instanceId>/round-<round>.error.json`, written once.
 */
export interface StepError {
  readonly instanceId: string;
  readonly round: number;
  /** `AccessDenied`, `TransientAwsError`, `States.Timeout`, … */
  readonly name: string;
  /** One line, bounded. */
  readonly cause: string;
  readonly at: string;
}

/** `deployments/<id>/outcome.json`: the end of a deployment. Written once. */
export interface DeploymentOutcome {
  readonly deploymentId: string;
  readonly status: DeploymentEnd;
  readonly reason: Reason;
  /** Name of an error in core/model/errors.ts for an end that is none of success. */
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
  /** The service answered when this deployment last looked; absent where this deployment has not looked. */
  readonly isServing?: boolean;
  /** The load balancer sends it no requests, though it did or should. */
  readonly isOutside?: true;
  /**
   * After `halt --keep`: what a later deployment that fails puts the host back on, which is what last passed its gate there
   * (`v41-…`, `v0`, `none`); null where nobody has seen that.
   */
  readonly goesBackTo?: string | null;
  /** Why an operator had it left out; of a host that was offline there is nothing more to say. */
  readonly why?: string;
  /** Checks of its newest gate that failed and do not decide; absent in records of before there were any. */
  readonly reported?: readonly ReportedCheck[];
}

/** A check that only reports, and found fault. */
export interface ReportedCheck {
  readonly name: string;
  readonly detail: string;
}
