import { diagnoseError } from '../diagnosis/diagnose-error.ts';
import type { DeploymentRecord } from '../model/deployment-record.ts';
import type { Step, StepError, StepOutcome } from '../model/deployment-records.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import type { Evidence, HostCheck } from '../model/host-report.ts';
import type { StepAction } from '../model/statuses.ts';
import { actionOf } from '../rollout/progress/caught-errors.ts';
import { deploymentView } from './deployment-view.ts';
import { secondsBetween } from './elapsed.ts';
import { runningLabel } from './release-label.ts';
import { rolloutOfRecord } from './rollout-of-record.ts';
import type { SaidView } from './said-view.ts';
import type { DeploymentStatus, LeftStatus } from './status-words.ts';

/** Why a deployment ended as it did, or stands as it does: what failed on which host, and what was seen there. */
export interface ExplainView {
  readonly service: string;
  readonly stage: string;
  readonly deploymentId: string;
  readonly status: DeploymentStatus;
  /** Null while it goes on. */
  readonly reason: string | null;
  /** What operators have said to it, oldest first. */
  readonly said: readonly SaidView[];
  readonly hosts: readonly ExplainedHost[];
}

/** One host of the plan with everything that was asked of it, oldest first. */
export interface ExplainedHost {
  readonly instanceId: string;
  readonly name: string;
  readonly isSimulated: boolean;
  /** How it was left; null while the deployment goes on. */
  readonly left: LeftStatus | null;
  /** `v42`, `nothing`, `not seen` */
  readonly running: string;
  /** Of its first failure: what came after may only follow from it. Null where nothing failed. */
  readonly diagnosis: Diagnosis | null;
  /** What to type to repair it. */
  readonly repair: string | null;
  readonly steps: readonly ExplainedStep[];
  /** Errors at which the machine gave up what was asked of the host, oldest first; the same error of the same step once. */
  readonly errors: readonly ExplainedError[];
}

/** An error that no step of the host tells of. */
export interface ExplainedError {
  readonly action: StepAction;
  /** Rounds that ended in it. */
  readonly times: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** What could not be done, and the error; then what to do. */
  readonly meaning: string;
  readonly remedy: string;
}

/** One command to the host, and what it said; or one change of its place behind the load balancer. */
export interface ExplainedStep {
  readonly action: StepAction;
  readonly attempt: number;
  readonly status: StepOutcome['status'] | 'open';
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly durationSeconds: number | null;
  /** The host's own sentence, else what SSM said. */
  readonly message: string | null;
  /** Of Run Command: `aws ssm get-command-invocation` has its narration for 30 days. */
  readonly commandId: string | null;
  readonly checks: readonly HostCheck[];
  /** Taken on the host when the step failed, before anything was put back; secrets are redacted there. */
  readonly evidence: Evidence | null;
}

/** The view of one deployment; the same record always gives the same view. */
export function explainView(record: DeploymentRecord): ExplainView {
  const { service, stage, deploymentId, status, said, end } = deploymentView(record);
  return {
    service,
    stage,
    deploymentId,
    status,
    reason: end?.reason.text ?? null,
    said,
    hosts: explainedHosts(record),
  };
}

function explainedHosts(record: DeploymentRecord): readonly ExplainedHost[] {
  const { plan, steps, outcome } = record;
  const stepsOfHost = Map.groupBy(steps, (step) => step.intent.instanceId);
  const errorsOfHost = Map.groupBy(record.errors, (error) => error.instanceId);
  const standing = rolloutOfRecord(record)?.progress ?? [];
  const planned = plan === null ? [] : [...plan.hosts, ...plan.skipped];
  return planned.map(({ instanceId, name, isSimulated }) => {
    const own = (stepsOfHost.get(instanceId) ?? []).toSorted((a, b) => (a.intent.at < b.intent.at ? -1 : 1));
    const left = outcome?.hosts.find((host) => host.instanceId === instanceId);
    const failed = own.find((step) => step.outcome !== null && step.outcome.status !== 'done');
    const caught = standing.find(({ host }) => host.instanceId === instanceId)?.caught;
    const lastSeen = own.findLast((step) => step.outcome?.report != null)?.outcome?.report?.host.running;
    return {
      instanceId,
      name,
      isSimulated,
      left: left?.status ?? null,
      running: runningLabel(left === undefined ? (lastSeen ?? null) : left.running),
      diagnosis: failed?.outcome?.diagnosis ?? left?.diagnosis ?? caught?.diagnosis ?? null,
      repair: left?.repair ?? null,
      steps: own.map(({ intent, commandId, outcome: ended }) => ({
        action: intent.action,
        attempt: intent.attempt,
        status: ended?.status ?? 'open',
        startedAt: intent.at,
        endedAt: ended?.at ?? null,
        durationSeconds: secondsBetween(intent.at, ended?.at ?? null),
        message: ended?.report?.message ?? ended?.diagnosis?.meaning ?? ended?.note ?? null,
        commandId: ended?.commandId ?? commandId,
        checks: ended?.report?.checks ?? [],
        evidence: ended?.report?.evidence ?? null,
      })),
      errors: explainedErrors(errorsOfHost.get(instanceId) ?? [], own, record),
    };
  });
}

function explainedErrors(
  errors: readonly StepError[],
  steps: readonly Step[],
  { decisions }: DeploymentRecord,
): readonly ExplainedError[] {
  const told = errors.map((error) => {
    const action = actionOf(error, { steps, decisions });
    const isBegun = steps.some(({ intent }) => intent.round === error.round && intent.action === action);
    const { meaning, remedy } = diagnoseError({ ...error, action, isBegun });
    return { action, at: error.at, meaning, remedy };
  });
  const groups = Map.groupBy(told, ({ meaning }) => meaning);
  return [...groups].flatMap(([meaning, same]) => {
    const [first, last] = [same.at(0), same.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { action, remedy } = first;
    return [{ action, times: same.length, firstAt: first.at, lastAt: last.at, meaning, remedy }];
  });
}
