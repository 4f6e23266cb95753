import type { Convergence } from '../model/convergence.ts';
import { releaseName } from '../model/release-manifest.ts';
import type { StageFacts } from '../model/stage-facts.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';
import { type ConvergenceView, convergenceView } from './convergence-view.ts';
import { type RefusedUploadView, refusedUploadsView } from './refused-uploads-view.ts';
import { runningLabel } from './release-label.ts';
import { stageLabel } from './stage-label.ts';

/** The target as it stands between deployments. */
export interface TargetView {
  readonly service: string;
  readonly stage: string;
  readonly stable: { readonly release: string; readonly since: string; readonly deploymentId: string } | null;
  /** The deployment that changes the target now. */
  readonly running: { readonly deploymentId: string; readonly by: string; readonly isRepair: boolean } | null;
  readonly waiting: readonly { readonly deploymentId: string; readonly by: string }[];
  /** Hosts that do not run the stable release because a deployment left them so. */
  readonly differing: readonly DifferingView[];
  readonly frozen: { readonly by: string; readonly at: string; readonly reason: string } | null;
  /** Newest first. */
  readonly refusedUploads: readonly RefusedUploadView[];
  readonly hosts: readonly TargetHostView[];
  readonly convergence: ConvergenceView;
}

interface DifferingView {
  readonly instanceId: string;
  readonly name: string;
  /** `v3`, `not seen` */
  readonly runs: string;
  readonly since: string;
  /** The deployment that left it so. */
  readonly by: string;
}

export interface TargetHostView {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly privateAddress: string;
  readonly state: string;
  /** SSM ping status */
  readonly ping: string;
  readonly isSimulated: boolean;
}

export function targetView(facts: {
  readonly stage: StageFacts;
  readonly state: TargetState;
  readonly convergence: Convergence;
  readonly hosts: readonly TargetHostView[];
}): TargetView {
  const { state } = facts;
  const stable = stableRelease(state);
  return {
    service: facts.stage.service,
    stage: stageLabel(facts.stage),
    stable:
      stable === undefined
        ? null
        : { release: releaseName(stable.release), since: stable.at, deploymentId: stable.deploymentId },
    running:
      state.lock === null
        ? null
        : {
            deploymentId: state.lock.deploymentId,
            by: state.lock.by,
            isRepair: state.lock.purpose === 'repair',
          },
    waiting: state.queue.map(({ deploymentId, by }) => ({ deploymentId, by })),
    differing: facts.hosts.flatMap(({ instanceId, name }) => {
      const host = state.differing[instanceId];
      return host === undefined
        ? []
        : [{ instanceId, name, runs: runningLabel(host.runs), since: host.since, by: host.by }];
    }),
    frozen: state.freeze,
    refusedUploads: refusedUploadsView(state),
    hosts: facts.hosts.map(({ instanceId, name, zone, privateAddress, state: instanceState, ping, isSimulated }) => ({
      instanceId,
      name,
      zone,
      privateAddress,
      state: instanceState,
      ping,
      isSimulated,
    })),
    convergence: convergenceView(facts.convergence),
  };
}
