import type { AdmittedDeployment, DeploymentOutcome } from '../model/deployment-records.ts';
import type { OperatorRequest } from '../model/operator-requests.ts';
import type { ReleaseManifest } from '../model/release-manifest.ts';
import { releaseName } from '../model/release-manifest.ts';
import type { StageFacts } from '../model/stage-facts.ts';
import type { Trigger } from '../model/statuses.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';
import { secondsBetween } from './elapsed.ts';
import { releaseLabel } from './release-label.ts';
import { type SaidView, saidView } from './said-view.ts';
import { stageLabel } from './stage-label.ts';
import type { DeploymentStatus } from './status-words.ts';

export interface HistoryFacts {
  readonly stage: StageFacts;
  readonly state: TargetState;
  /** Newest first. */
  readonly deployments: readonly {
    readonly deploymentId: string;
    readonly admitted: AdmittedDeployment | null;
    readonly outcome: DeploymentOutcome | null;
  }[];
  /** What was said, by deployment; under `target` what was said about the target. */
  readonly words: ReadonlyMap<string, readonly OperatorRequest[]>;
  readonly nowMilliseconds: number;
}

export interface HistoryEntry {
  readonly deploymentId: string;
  readonly status: DeploymentStatus;
  /** Null where it was refused before it was admitted. */
  readonly release: string | null;
  readonly trigger: Trigger | null;
  readonly isRollback: boolean;
  readonly by: string | null;
  /** What the person gave as the reason. */
  readonly reason: string | null;
  /** Why it ended as it did. */
  readonly why: string | null;
  readonly startedAt: string | null;
  readonly durationSeconds: number | null;
  /** What operators have said to it, oldest first. */
  readonly said: readonly SaidView[];
}

export interface HistoryView {
  readonly service: string;
  readonly stage: string;
  readonly stable: string | null;
  readonly deployments: readonly HistoryEntry[];
  /** What operators have said about the target, oldest first: freeze and unfreeze. */
  readonly said: readonly SaidView[];
}

/** The list of deployments, newest first. */
export function historyView(facts: HistoryFacts): HistoryView {
  return {
    service: facts.stage.service,
    stage: stageLabel(facts.stage),
    stable: stableName(facts.state),
    said: saidView(facts.words.get('target') ?? [], []),
    deployments: facts.deployments.map(({ deploymentId, admitted, outcome }) => ({
      deploymentId,
      status: statusInList(deploymentId, outcome, facts.state),
      release: admitted === null ? null : releaseLabel(admitted.release.number),
      trigger: admitted?.trigger ?? null,
      isRollback: admitted?.isRollback ?? false,
      by: admitted?.by ?? null,
      reason: admitted?.request.reason ?? null,
      why: outcome?.reason.text ?? null,
      startedAt: admitted?.admittedAt ?? outcome?.endedAt ?? null,
      durationSeconds: secondsBetween(admitted?.admittedAt ?? null, outcome?.endedAt ?? facts.nowMilliseconds),
      said: saidView(facts.words.get(deploymentId) ?? [], outcome?.hosts ?? []),
    })),
  };
}

function statusInList(deploymentId: string, outcome: DeploymentOutcome | null, state: TargetState): DeploymentStatus {
  if (outcome !== null) {
    return outcome.isDryRun && outcome.status === 'Succeeded' ? 'Planned' : outcome.status;
  }
  if (state.lock?.deploymentId === deploymentId) {
    return 'Running';
  }
  return state.queue.some((entry) => entry.deploymentId === deploymentId) ? 'Waiting' : 'Lost';
}

function stableName(state: TargetState): string | null {
  const stable = stableRelease(state);
  return stable === undefined ? null : releaseName(stable.release);
}

interface ReleaseEntry {
  readonly release: string;
  readonly releaseId: string;
  /** `previous`: what a rollback goes to. */
  readonly standing: 'stable' | 'previous' | 'was stable' | null;
  readonly createdAt: string;
  readonly bytes: number;
  readonly artifactSha256: string;
  readonly versionId: string;
}

export interface ReleasesView {
  readonly service: string;
  readonly stage: string;
  readonly releases: readonly ReleaseEntry[];
}

/** All releases, newest first, and which is stable. */
export function releasesView(facts: {
  readonly stage: StageFacts;
  readonly state: TargetState;
  readonly manifests: readonly ReleaseManifest[];
}): ReleasesView {
  const stable = stableRelease(facts.state);
  const previous = facts.state.stableHistory.findLast((entry) => entry.release !== stable?.release);
  const standingOf = (number: number): ReleaseEntry['standing'] => {
    if (number === stable?.release) {
      return 'stable';
    }
    if (number === previous?.release) {
      return 'previous';
    }
    return facts.state.stableHistory.some((entry) => entry.release === number) ? 'was stable' : null;
  };
  return {
    service: facts.stage.service,
    stage: stageLabel(facts.stage),
    releases: facts.manifests
      .toSorted((a, b) => b.number - a.number)
      .map((manifest) => ({
        release: releaseName(manifest.number),
        releaseId: manifest.releaseId,
        standing: standingOf(manifest.number),
        createdAt: manifest.createdAt,
        bytes: manifest.artifact.bytes,
        artifactSha256: manifest.artifact.sha256,
        versionId: manifest.artifact.versionId,
      })),
  };
}
