import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import type {
  AdmittedDeployment,
  DeploymentPlan,
  PlannedHost,
  Step,
  StepError,
  StepOutcome,
} from '../../core/model/deployment-records.ts';
import type { Diagnosis } from '../../core/model/diagnosis.ts';
import type { HostCheck, HostReport } from '../../core/model/host-report.ts';
import type { OperatorRequest } from '../../core/model/operator-requests.ts';
import type { Decision, RecordedDecision } from '../../core/model/rollout-facts.ts';
import type { RolloutConfig } from '../../core/model/service-config.ts';
import { type BalancerAction, documentOfAction, type HostAction, type StepAction } from '../../core/model/statuses.ts';
import { controlsOf } from '../../core/operator/controls-of.ts';
import { progressOfHosts } from '../../core/operator/progress-of-hosts.ts';
import { evaluateOutcome } from '../../core/rollout/outcome/evaluate-outcome.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { serviceConfig } from './configuration.ts';
import { admittedDeployment, arnOf, deploymentPlan, instant, v1, v2 } from './deployment.ts';
import { hostReport } from './host-reports.ts';

export const hosts: readonly PlannedHost[] = ['a', 'b', 'c'].map((zone, index) => ({
  instanceId: `i-0000000000000000${index + 1}`,
  name: `payment-${index + 1}`,
  zone: `eu-west-1${zone}`,
  privateAddress: `10.213.77.1${index + 1}`,
  isSimulated: false,
}));

export const crashLoop: Diagnosis = {
  cause: 'crash-loop',
  kind: 'release',
  meaning: 'the service started and ended again 5 times: exit status 1',
  remedy: 'read the traceback: journalctl -u payment -e',
};

export const pipFailed: Diagnosis = {
  cause: 'pip-install-failed',
  kind: 'release',
  meaning: 'pip could not build python-ldap: lber.h is missing',
  remedy: 'add libldap2-dev to runtime.packages.apt',
};

/** One step of one host; times in seconds from the beginning. */
export interface RecordedStep {
  readonly host: 0 | 1 | 2;
  readonly action: StepAction;
  readonly from: number;
  /** Absent while it runs. */
  readonly to?: number;
  readonly status?: StepOutcome['status'];
  readonly diagnosis?: Diagnosis;
  readonly running?: string;
  readonly attempt?: number;
  readonly round?: number;
  readonly isReused?: boolean;
  readonly checks?: readonly HostCheck[];
  readonly note?: string;
}

/** What a recording is about; all else is as in any other deployment of v2 over v1. */
export interface Recording {
  readonly steps?: readonly RecordedStep[];
  readonly decisions?: readonly (readonly [seconds: number, decision: Decision])[];
  readonly policy?: Partial<RolloutConfig>;
  readonly plan?: Partial<DeploymentPlan>;
  readonly admitted?: Partial<AdmittedDeployment>;
  readonly errors?: readonly StepError[];
  readonly words?: readonly OperatorRequest[];
  /** Seconds after the beginning at which it is looked at; the end, where `isEnded`. */
  readonly now: number;
  readonly isEnded?: boolean;
  readonly record?: Partial<DeploymentRecord>;
}

/**
 * The deployment of v2 over v1 to three hosts, as the ledger would hold it: for the tests of views and of the CLI, which
 * only read records. No state machine and no handler runs for it; where they do, see the machine tests.
 */
export function recordOf(recording: Recording): DeploymentRecord {
  const admitted = admittedDeployment({
    executionArn: arnOf('upload-1'),
    trigger: 'upload',
    by: 'upload',
    request: { kind: 'upload', versionId: 'version-2' },
    ...recording.admitted,
  });
  const policy = { ...serviceConfig.rollout, ...recording.policy };
  const plan = deploymentPlan(hosts, { policy, plannedAt: instant(0.5), ...recording.plan });
  const steps = (recording.steps ?? []).map(stepOf);
  const decisions = (recording.decisions ?? []).map(
    ([seconds, decision], index): RecordedDecision => ({
      round: index + 1,
      decision,
      fence: 100 + index,
      at: instant(seconds),
      error: null,
      executionArn: admitted.executionArn,
    }),
  );
  const record: DeploymentRecord = {
    stage: { service: 'payment', name: 'local', kind: 'embedded' },
    deploymentId: admitted.deploymentId,
    admitted,
    plan,
    steps,
    decisions,
    words: recording.words ?? [],
    errors: recording.errors ?? [],
    outcome: null,
    lock: recording.isEnded === true ? null : { deploymentId: admitted.deploymentId, purpose: 'rollout' },
    isQueued: false,
    supersedes: [],
    nowMilliseconds: beginning + recording.now * 1000,
    ...recording.record,
  };
  return recording.isEnded === true ? ended(record, admitted, plan) : record;
}

/** The record with the end that `evaluateOutcome` finds. */
function ended(record: DeploymentRecord, admitted: AdmittedDeployment, plan: DeploymentPlan): DeploymentRecord {
  const { steps, errors, decisions } = record;
  const controls = controlsOf(record.words);
  const progress = progressOfHosts({ plan, steps, errors, controls, decisions });
  const {
    status,
    reason,
    errorName,
    hosts: hostOutcomes,
  } = evaluateOutcome({
    admitted,
    plan,
    progress,
    decisions,
    controls,
    alarms: { kind: 'notAsked' },
    isRepair: false,
    error: null,
    nowMilliseconds: record.nowMilliseconds,
  });
  return {
    ...record,
    outcome: {
      deploymentId: record.deploymentId,
      status,
      reason,
      errorName,
      hosts: hostOutcomes,
      endedAt: new Date(record.nowMilliseconds).toISOString(),
      isDryRun: admitted.isDryRun,
      isWholeTarget: plan.isWholeTarget,
      executionArn: admitted.executionArn,
    },
  };
}

function stepOf(step: RecordedStep): Step {
  const host = hosts[step.host];
  if (host === undefined) {
    throw new RangeError(`there is no host ${step.host}`);
  }
  const { instanceId } = host;
  const { action } = step;
  const attempt = step.attempt ?? 1;
  const round =
    step.round ??
    { install: 0, activate: 1, verify: 1, revert: 2, verifyRevert: 2, settle: 3, drain: 1, join: 1 }[action];
  const fence = 100 + round;
  const status = step.status ?? 'done';
  const intent = {
    instanceId,
    action,
    attempt,
    round,
    fence,
    key: `${action}-${attempt}`,
    at: instant(step.from),
    ...(action === 'drain' ? { wasRegistered: true } : {}),
    ...{
      deadlineMilliseconds: beginning + 3_600_000,
      comment: isBalancer(action) ? 'payment-prod' : `rollgate ${action}-${attempt}`,
    },
  };
  if (step.to === undefined) {
    return { intent, commandId: 'c-1', outcome: null };
  }
  const outcome: StepOutcome = {
    instanceId,
    action,
    attempt,
    round,
    fence,
    status,
    at: instant(step.to),
    commandId: 'c-1',
    report: status === 'unknown' || isBalancer(action) ? null : reportOf({ ...step, action }, fence),
    ...(step.note === undefined ? {} : { note: step.note }),
    diagnosis: step.diagnosis ?? null,
    isRetryable: false,
  };
  return { intent, commandId: 'c-1', outcome };
}

function isBalancer(action: StepAction): action is BalancerAction {
  return action === 'drain' || action === 'join';
}

function reportOf(step: RecordedStep & { readonly action: HostAction }, fence: number): HostReport {
  const isUp = step.action !== 'activate' && step.status !== 'failed';
  const running =
    step.running ??
    { install: v1, settle: v1, revert: v1, verifyRevert: v1, activate: v2, verify: v2 }[step.action].releaseId;
  return hostReport(documentOfAction[step.action], running, {
    key: `${step.action}-${step.attempt ?? 1}`,
    fence,
    outcome: step.status === 'failed' ? 'failed' : 'done',
    ...(step.diagnosis === undefined ? {} : { message: step.diagnosis.meaning }),
    startedAtSeconds: Math.floor(beginning / 1000 + step.from),
    finishedAtSeconds: Math.floor(beginning / 1000 + (step.to ?? step.from)),
    host: { previous: v1.releaseId, isActive: isUp, isHealthy: isUp, mainPid: isUp ? 812 : 0 },
    ...(step.checks === undefined ? {} : { checks: step.checks }),
    ...(step.action === 'install' && step.status !== 'failed' ? { installed: installed(step) } : {}),
  });
}

function installed(step: RecordedStep): NonNullable<HostReport['installed']> {
  return {
    releaseId: v2.releaseId,
    python: '3.11',
    platform: 'linux-x86_64',
    virtualenv: '/app/venvs/1',
    isVirtualenvReused: step.isReused ?? false,
    packages: ['Flask==3.0'],
    packagesSha256: 'd'.repeat(64),
  };
}
