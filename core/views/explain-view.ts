import type { StepOutcome } from '../deployment-records.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { Evidence, HostCheck } from '../host/host-report.ts';
import type { StepAction } from '../statuses.ts';
import { type DeploymentRecord, deploymentView } from './deployment-view.ts';
import { secondsBetween } from './elapsed.ts';
import { runningLabel } from './release-label.ts';
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
    ...{ service, stage, deploymentId, status },
    reason: end?.reason.text ?? null,
    said,
    hosts: explainedHosts(record),
  };
}

function explainedHosts({ plan, steps, outcome }: DeploymentRecord): readonly ExplainedHost[] {
  const stepsOfHost = Map.groupBy(steps, (step) => step.intent.instanceId);
  const planned = plan === null ? [] : [...plan.hosts, ...plan.skipped];
  return planned.map(({ instanceId, name, isSimulated }) => {
    const own = (stepsOfHost.get(instanceId) ?? []).toSorted((a, b) => (a.intent.at < b.intent.at ? -1 : 1));
    const left = outcome?.hosts.find((host) => host.instanceId === instanceId);
    const failed = own.find((step) => step.outcome !== null && step.outcome.status !== 'done');
    const lastSeen = own.findLast((step) => step.outcome?.report != null)?.outcome?.report?.host.running;
    return {
      ...{ instanceId, name, isSimulated },
      left: left?.status ?? null,
      running: runningLabel(left === undefined ? (lastSeen ?? null) : left.running),
      diagnosis: failed?.outcome?.diagnosis ?? left?.diagnosis ?? null,
      repair: left?.repair ?? null,
      steps: own.map(({ intent, commandId, outcome: ended }) => ({
        ...{ action: intent.action, attempt: intent.attempt, status: ended?.status ?? 'open', startedAt: intent.at },
        endedAt: ended?.at ?? null,
        durationSeconds: secondsBetween(intent.at, ended?.at ?? null),
        message: ended?.report?.message ?? ended?.diagnosis?.meaning ?? ended?.note ?? null,
        commandId: ended?.commandId ?? commandId,
        checks: ended?.report?.checks ?? [],
        evidence: ended?.report?.evidence ?? null,
      })),
    };
  });
}
