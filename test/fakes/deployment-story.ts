import type { RolloutConfig } from '../../core/config/service-config.ts';
import type {
  AdmittedDeployment,
  DeploymentPlan,
  PlannedHost,
  Step,
  StepOutcome,
} from '../../core/deployment-records.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import type { HostCheck, HostReport } from '../../core/host/host-report.ts';
import { controlsOf, type SpokenWord } from '../../core/rollout/controls.ts';
import { evaluateOutcome } from '../../core/rollout/evaluate-outcome.ts';
import { progressOf } from '../../core/rollout/read-progress.ts';
import type { Decision, RecordedDecision } from '../../core/rollout/rollout-facts.ts';
import { type BalancerAction, documentOfAction, type HostAction, type StepAction } from '../../core/statuses.ts';
import type { DeploymentRecord } from '../../core/views/deployment-view.ts';

/** The instant at which every story begins. */
export const beginning = Date.parse('2026-11-22T20:45:00.000Z');

/** `2026-11-22T20:45:12.500Z` of 12.5 */
export function instant(seconds: number): string {
  return new Date(beginning + seconds * 1000).toISOString();
}

export const hosts: readonly PlannedHost[] = ['a', 'b', 'c'].map((zone, index) => ({
  instanceId: `i-0000000000000000${index + 1}`,
  name: `payment-${index + 1}`,
  zone: `eu-west-1${zone}`,
  privateAddress: `10.213.77.1${index + 1}`,
  isSimulated: false,
}));

const policy: RolloutConfig = {
  waves: [1, '25%', '100%'],
  maxUnavailable: 1,
  maxFailedHosts: 0,
  offlineHosts: 'fail',
  bakeSeconds: 0,
  approval: { kind: 'none' },
  alarms: [],
  deadlineSeconds: 14_400,
  progressDeadlineSeconds: 600,
};

const v1 = { number: 1, releaseId: 'v1-aaaaaaaaaaaa' };
const v2 = { number: 2, releaseId: 'v2-bbbbbbbbbbbb' };

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

/** What a story tells of one step of one host; times in seconds from the beginning. */
export interface StepStory {
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

export interface Story {
  readonly steps?: readonly StepStory[];
  readonly decisions?: readonly (readonly [seconds: number, decision: Decision])[];
  readonly policy?: Partial<RolloutConfig>;
  readonly plan?: Partial<DeploymentPlan>;
  readonly admitted?: Partial<AdmittedDeployment>;
  readonly words?: readonly SpokenWord[];
  /** Seconds after the beginning at which it is looked at; the end, where `isEnded`. */
  readonly now: number;
  readonly isEnded?: boolean;
  readonly record?: Partial<DeploymentRecord>;
}

/** The deployment of v2 over v1 to three hosts, as the ledger would hold it. */
export function recordOf(story: Story): DeploymentRecord {
  const admitted: AdmittedDeployment = {
    deploymentId: 'd-20261122-204500-1a2b3c',
    executionArn: 'arn:aws:states:eu-west-1:000000000000:execution:rollgate-payment:upload-1',
    trigger: 'upload',
    request: { kind: 'upload', versionId: 'version-2' },
    by: 'upload',
    admittedAt: instant(0),
    isDryRun: false,
    isRollback: false,
    release: { ...v2, manifestSha256: 'b'.repeat(64), versionId: 'version-2' },
    stable: v1,
    warnings: [],
    ...story.admitted,
  };
  const plan: DeploymentPlan = {
    hosts,
    skipped: [],
    isWholeTarget: true,
    downElsewhere: 0,
    secondsPerHost: 30,
    policy: { ...policy, ...story.policy },
    documents: {
      install: { name: 'install', version: '1', hash: 'c' },
      activate: { name: 'activate', version: '1', hash: 'c' },
      verify: { name: 'verify', version: '1', hash: 'c' },
      settle: { name: 'settle', version: '1', hash: 'c' },
    },
    plannedAt: instant(0.5),
    ...story.plan,
  };
  const steps = (story.steps ?? []).map(stepOf);
  const decisions = (story.decisions ?? []).map(
    ([seconds, decision], index): RecordedDecision => ({
      ...{ round: index + 1, decision, fence: 100 + index, at: instant(seconds), error: null },
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
    words: story.words ?? [],
    outcome: null,
    lock: story.isEnded === true ? null : { deploymentId: admitted.deploymentId, purpose: 'rollout' },
    isQueued: false,
    nowMilliseconds: beginning + story.now * 1000,
    ...story.record,
  };
  return story.isEnded === true ? ended(record, admitted, plan) : record;
}

/** The record with the end that `evaluateOutcome` finds. */
function ended(record: DeploymentRecord, admitted: AdmittedDeployment, plan: DeploymentPlan): DeploymentRecord {
  const stepsOf = Map.groupBy(record.steps, (step) => step.intent.instanceId);
  const progress = plan.hosts.map((host) => progressOf(host, stepsOf.get(host.instanceId) ?? []));
  const {
    status,
    reason,
    errorName,
    hosts: hostOutcomes,
  } = evaluateOutcome({
    ...{ admitted, plan, progress, decisions: record.decisions, controls: controlsOf(record.words) },
    alarms: { kind: 'notAsked' },
    ...{ isRepair: false, error: null, nowMilliseconds: record.nowMilliseconds },
  });
  return {
    ...record,
    outcome: {
      ...{ deploymentId: record.deploymentId, status, reason, errorName, hosts: hostOutcomes },
      ...{ endedAt: new Date(record.nowMilliseconds).toISOString(), isDryRun: admitted.isDryRun },
      ...{ isWholeTarget: plan.isWholeTarget, executionArn: admitted.executionArn },
    },
  };
}

function stepOf(story: StepStory): Step {
  const host = hosts[story.host];
  if (host === undefined) {
    throw new RangeError(`there is no host ${story.host}`);
  }
  const { instanceId } = host;
  const { action } = story;
  const attempt = story.attempt ?? 1;
  const round =
    story.round ??
    { install: 0, activate: 1, verify: 1, revert: 2, verifyRevert: 2, settle: 3, drain: 1, join: 1 }[action];
  const fence = 100 + round;
  const status = story.status ?? 'done';
  const intent = {
    ...{ instanceId, action, attempt, round, fence, key: `${action}-${attempt}`, at: instant(story.from) },
    ...(action === 'drain' ? { wasRegistered: true } : {}),
    ...{
      deadlineMilliseconds: beginning + 3_600_000,
      comment: isBalancer(action) ? 'payment-prod' : `rollgate ${action}-${attempt}`,
    },
  };
  if (story.to === undefined) {
    return { intent, commandId: 'c-1', outcome: null };
  }
  const outcome: StepOutcome = {
    ...{ instanceId, action, attempt, round, fence, status, at: instant(story.to), commandId: 'c-1' },
    report: status === 'unknown' || isBalancer(action) ? null : reportOf({ ...story, action }, fence),
    ...(story.note === undefined ? {} : { note: story.note }),
    diagnosis: story.diagnosis ?? null,
    isRetryable: false,
  };
  return { intent, commandId: 'c-1', outcome };
}

function isBalancer(action: StepAction): action is BalancerAction {
  return action === 'drain' || action === 'join';
}

function reportOf(story: StepStory & { readonly action: HostAction }, fence: number): HostReport {
  const isUp = story.action !== 'activate' && story.status !== 'failed';
  const running =
    story.running ??
    { install: v1, settle: v1, revert: v1, verifyRevert: v1, activate: v2, verify: v2 }[story.action].releaseId;
  return {
    ...{ schema: 1, script: documentOfAction[story.action], service: 'payment' },
    ...{ deploymentId: 'd-20261122-204500-1a2b3c', key: `${story.action}-${story.attempt ?? 1}`, fence },
    outcome: story.status === 'failed' ? 'failed' : 'done',
    ...{ replayed: false, message: story.diagnosis?.meaning ?? 'as asked' },
    startedAtSeconds: Math.floor(beginning / 1000 + story.from),
    finishedAtSeconds: Math.floor(beginning / 1000 + (story.to ?? story.from)),
    host: { running, previous: v1.releaseId, isActive: isUp, isHealthy: isUp, mainPid: isUp ? 812 : 0, fence },
    ...(story.checks === undefined ? {} : { checks: story.checks }),
    ...(story.action === 'install' && story.status !== 'failed' ? { installed: installed(story) } : {}),
  };
}

function installed(story: StepStory): NonNullable<HostReport['installed']> {
  return {
    ...{ releaseId: v2.releaseId, python: '3.11', platform: 'linux-x86_64', virtualenv: '/app/venvs/1' },
    ...{ isVirtualenvReused: story.isReused ?? false, packages: ['Flask==3.0'], packagesSha256: 'd'.repeat(64) },
  };
}
