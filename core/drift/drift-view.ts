import type { Convergence } from '../model/convergence.ts';
import { releaseName } from '../model/release-manifest.ts';
import type { StageFacts } from '../model/stage-facts.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';
import { stageLabel } from '../views/stage-label.ts';
import { type DriftVerdict, driftOfHost, type HostDriftView, type InspectionAnswer } from './drift-of-host.ts';

export interface DriftFacts {
  readonly stage: StageFacts;
  readonly state: TargetState;
  readonly convergence: Convergence;
  readonly hosts: readonly {
    readonly instanceId: string;
    readonly name: string;
    readonly isSimulated: boolean;
    readonly answer: InspectionAnswer;
  }[];
}

/** The hosts of the target beside what the ledger says of them. */
export interface DriftView {
  readonly service: string;
  readonly stage: string;
  readonly stable: string | null;
  /** The deployment that changes the target now. */
  readonly running: { readonly deploymentId: string; readonly by: string } | null;
  readonly hosts: readonly HostDriftView[];
  /** How many hosts are which. */
  readonly counts: Readonly<Record<DriftVerdict, number>>;
}

export function driftView({ stage, state, convergence, hosts }: DriftFacts): DriftView {
  const stable = stableRelease(state);
  const views = hosts.map(({ isSimulated, ...host }) => ({
    ...driftOfHost({ ...host, state, convergence }),
    isSimulated,
  }));
  const count = (verdict: DriftVerdict): number => views.filter((view) => view.verdict === verdict).length;
  return {
    service: stage.service,
    stage: stageLabel(stage),
    stable: stable === undefined ? null : releaseName(stable.release),
    running: state.lock === null ? null : { deploymentId: state.lock.deploymentId, by: state.lock.by },
    hosts: views,
    counts: {
      'as-recorded': count('as-recorded'),
      drifted: count('drifted'),
      changing: count('changing'),
      silent: count('silent'),
    },
  };
}
