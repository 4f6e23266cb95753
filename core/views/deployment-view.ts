import type { DeploymentRecord } from '../model/deployment-record.ts';
import type { Step } from '../model/deployment-records.ts';
import { releaseName } from '../model/release-manifest.ts';
import type { Trigger } from '../model/statuses.ts';
import { alarmRemarks } from '../rollout/decide/alarms.ts';
import { stableBefore } from '../rollout/outcome/stable-before.ts';
import { progressOf } from '../rollout/progress/read-progress.ts';
import { type DeploymentPart, deploymentParts } from './deployment-parts.ts';
import { secondsBetween } from './elapsed.ts';
import { type EndView, endView, reportedText } from './end-view.ts';
import { releaseLabel } from './release-label.ts';
import { rolloutOfRecord } from './rollout-of-record.ts';
import { type SaidView, saidView } from './said-view.ts';
import { stageLabel } from './stage-label.ts';
import { statusNote } from './status-note.ts';
import type { DeploymentStatus } from './status-words.ts';

/** A deployment as a person looks at it: CLI and page show it, `--json` prints it as it is. */
export interface DeploymentView {
  readonly service: string;
  /** `local (embedded engine)` */
  readonly stage: string;
  readonly deploymentId: string;
  readonly status: DeploymentStatus;
  /** What it waits for and until when, or who repairs it; null where there is nothing to add. */
  readonly statusNote: string | null;
  /** What a person types for it to go on; null while it waits for nobody. */
  readonly next: string | null;
  /** `from` is the stable release when it got the lock, until then when it was admitted. */
  readonly release: { readonly from: string | null; readonly to: string } | null;
  readonly trigger: Trigger | null;
  readonly isRollback: boolean;
  /** The freeze in spite of which this rollback was taken; null where the target was not frozen. */
  readonly throughFreeze: { readonly by: string; readonly at: string; readonly reason: string } | null;
  readonly isDryRun: boolean;
  readonly by: string | null;
  /** What the person gave as the reason. */
  readonly reason: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationSeconds: number | null;
  readonly warnings: readonly string[];
  /** What operators have said to it, oldest first. */
  readonly said: readonly SaidView[];
  readonly parts: readonly DeploymentPart[];
  /** Hosts of the target that were offline and are left out. */
  readonly skipped: readonly string[];
  /** Uploads that waited and whose place this rollback took, each with the command that deploys it after all. */
  readonly superseded: readonly SupersededView[];
  readonly end: EndView | null;
}

interface SupersededView {
  readonly deploymentId: string;
  readonly release: string;
  readonly command: string;
}

/** The view of one deployment; the same record always gives the same view. */
export function deploymentView(record: DeploymentRecord): DeploymentView {
  const { admitted, outcome, plan } = record;
  const endedAt = outcome?.endedAt ?? null;
  const startedAt = admitted?.admittedAt ?? null;
  const before = admitted === null ? null : stableBefore({ admitted, plan });
  return {
    service: record.stage.service,
    stage: stageLabel(record.stage),
    deploymentId: record.deploymentId,
    status: statusOf(record),
    statusNote: statusNote(record),
    next: nextOf(record),
    release:
      admitted === null
        ? null
        : {
            from: before === null ? null : releaseLabel(before.number),
            to: releaseLabel(admitted.release.number),
          },
    trigger: admitted?.trigger ?? null,
    isRollback: admitted?.isRollback ?? false,
    throughFreeze: admitted?.throughFreeze ?? null,
    isDryRun: (admitted?.isDryRun ?? false) || (outcome?.isDryRun ?? false),
    by: admitted?.by ?? null,
    reason: admitted?.request.reason ?? null,
    startedAt,
    endedAt,
    durationSeconds: secondsBetween(startedAt, endedAt ?? record.nowMilliseconds),
    warnings: [
      ...(admitted?.warnings ?? []),
      ...hostWarnings(record.steps),
      ...reportedWarnings(record),
      ...alarmWarnings(record),
    ],
    said: saidView(record.words, plan?.hosts ?? []),
    parts: partsOf(record),
    skipped: plan?.skipped.map((host) => host.name) ?? [],
    superseded: record.supersedes.map(({ deploymentId, release }) => ({
      deploymentId,
      release: releaseName(release),
      command: `rollgate deploy --release ${releaseName(release)}`,
    })),
    end: outcome === null ? null : endView(outcome),
  };
}

function partsOf(record: DeploymentRecord): readonly DeploymentPart[] {
  const rollout = rolloutOfRecord(record);
  return rollout === null ? [] : deploymentParts({ rollout, steps: record.steps, isEnded: record.outcome !== null });
}

function statusOf(record: DeploymentRecord): DeploymentStatus {
  const { outcome, plan, lock, deploymentId, decisions } = record;
  if (outcome !== null) {
    return outcome.isDryRun && outcome.status === 'Succeeded' ? 'Planned' : outcome.status;
  }
  if (record.isQueued && lock?.deploymentId !== deploymentId) {
    return 'Waiting';
  }
  // While it waits to try again, it is still at what it tries.
  const decision = decisions.findLast((each) => each.decision.kind !== 'wait')?.decision;
  if (plan === null) {
    return 'Planning';
  }
  switch (decision?.kind) {
    case undefined:
    case 'wait':
    case 'stage':
      return 'Staging';
    case 'wave':
    case 'verify':
    case 'continue':
      return 'RollingOut';
    case 'bake':
      return 'Baking';
    case 'park':
      return decision.why === 'approval' ? 'AwaitingApproval' : 'Paused';
    case 'revert':
      return 'Reverting';
    case 'drain':
    case 'join':
      return decisions.at(-1)?.failure === undefined ? 'RollingOut' : 'Reverting';
    case 'settle':
      return 'Settling';
    case 'finish':
      return 'Finishing';
  }
}

/** Of a deployment that is parked for a person. */
function nextOf(record: DeploymentRecord): string | null {
  const { lock, deploymentId, outcome, decisions } = record;
  const decision = decisions.at(-1)?.decision;
  const isParked = outcome === null && lock?.deploymentId === deploymentId && decision?.kind === 'park';
  if (!isParked || lock.purpose === 'repair') {
    return null;
  }
  const verb = decision.why === 'approval' ? 'approve' : 'resume';
  return `rollgate ${verb} ${deploymentId}, or rollgate halt ${deploymentId}`;
}

/** What hosts said that is worth a line, each once. */
function hostWarnings(steps: readonly Step[]): readonly string[] {
  return [...new Set(steps.flatMap((step) => step.outcome?.report?.warnings ?? []))];
}

/** What would have failed on which host, had it a say: as its newest gate, or the preflight, found it. */
function reportedWarnings({ plan, steps }: DeploymentRecord): readonly string[] {
  const stepsOfHost = Map.groupBy(steps, (step) => step.intent.instanceId);
  return (plan?.hosts ?? []).flatMap((host) =>
    progressOf(host, stepsOfHost.get(host.instanceId) ?? []).reported.map(
      (check) => `${host.name} ${reportedText(check)}`,
    ),
  );
}

/** What the alarms said at some decision and did not decide, each once. */
function alarmWarnings({ decisions }: DeploymentRecord): readonly string[] {
  return [...new Set(decisions.flatMap(({ alarms }) => (alarms === undefined ? [] : alarmRemarks(alarms))))];
}
