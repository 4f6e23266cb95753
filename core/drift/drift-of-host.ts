import { deployCommand } from '../converge/deploy-command.ts';
import type { Convergence } from '../model/convergence.ts';
import {
  type DriftKind,
  driftKinds,
  type HostInspection,
  type InspectionFinding,
  untoldKinds,
} from '../model/host-inspection.ts';
import { releaseName, releaseNumber } from '../model/release-manifest.ts';
import type { TargetState } from '../model/target-state.ts';
import { runningLabel } from '../views/release-label.ts';
import { type ExpectedRelease, expectedRelease } from './expected-release.ts';
import { driftSentences, untoldSentences } from './sentences.ts';

/** What `inspect` brought, or why it brought nothing. */
export type InspectionAnswer =
  | { readonly kind: 'inspected'; readonly inspection: HostInspection }
  | { readonly kind: 'silent'; readonly why: string };

export interface HostDriftFacts {
  readonly instanceId: string;
  readonly name: string;
  readonly answer: InspectionAnswer;
  readonly state: Pick<TargetState, 'stableHistory' | 'lock'>;
  readonly convergence: Pick<Convergence, 'seen' | 'waiting'>;
}

/** One thing that differs, and what puts it right. */
export interface HostDrift {
  readonly kind: DriftKind | 'release-differs';
  readonly says: string;
  /** What to type. */
  readonly next: string;
  /** What that does. */
  readonly does: string;
}

export type DriftVerdict =
  /** As the ledger and the records on the host say. */
  | 'as-recorded'
  | 'drifted'
  /** A deployment changes the host at this moment: look again. */
  | 'changing'
  /** It could not be asked. */
  | 'silent';

export interface HostDriftView {
  readonly instanceId: string;
  readonly name: string;
  readonly isSimulated: boolean;
  readonly verdict: DriftVerdict;
  /** `v2`; null where it is not known. */
  readonly runs: string | null;
  readonly shouldRun: string | null;
  readonly drift: readonly HostDrift[];
  /** What is to be known and is no drift. */
  readonly notes: readonly string[];
}

/** Compares what a host said of itself with the ledger. */
export function driftOfHost(facts: HostDriftFacts): HostDriftView {
  const { instanceId, name, answer, state, convergence } = facts;
  const expected = expectedRelease(instanceId, state, convergence);
  const shouldRun = expected === undefined ? null : runningLabel(expected.releaseId);
  if (answer.kind === 'silent') {
    const silent = {
      instanceId,
      name,
      isSimulated: false,
      verdict: 'silent',
      runs: null,
      shouldRun,
      drift: [],
    } as const;
    return { ...silent, notes: [answer.why] };
  }
  const { inspection } = answer;
  const isSame = expected === undefined || expected.releaseId === inspection.running;
  const isBeingActivated = inspection.atWork === 'activate';
  const differs = isSame || expected === undefined ? [] : [releaseDiffers(facts, inspection, expected)];
  const found = [...(state.lock === null ? differs : []), ...findings(facts, inspection)];
  const drift = isBeingActivated ? [] : found;
  const isChanging = isBeingActivated || (state.lock !== null && !isSame);
  return {
    instanceId,
    name,
    isSimulated: inspection.isSimulated === true,
    verdict: drift.length > 0 ? 'drifted' : isChanging ? 'changing' : 'as-recorded',
    runs: runningLabel(inspection.running),
    shouldRun,
    drift,
    notes: [
      ...changeNotes(facts, inspection, isChanging),
      ...expectationNotes(facts, expected),
      ...untold(inspection),
      ...(isBeingActivated ? found.map(({ says }) => says) : []),
    ],
  };
}

function releaseDiffers(facts: HostDriftFacts, inspection: HostInspection, expected: ExpectedRelease): HostDrift {
  const should = runningLabel(expected.releaseId);
  const runs = inspection.running === 'v0' ? 'a unit that Rollgate did not write' : runningLabel(inspection.running);
  const number = releaseNumber(should);
  const why =
    expected.because.kind === 'stable' ? 'which is stable' : `which ${expected.because.deploymentId} left here`;
  const isRelease = number !== undefined && number > 0;
  return {
    kind: 'release-differs',
    says: `runs ${runs}, and should run ${should}, ${why}`,
    next: isRelease ? deployCommand(should, [facts.instanceId]) : 'rollgate status',
    does: isRelease
      ? `brings ${should} to ${facts.name} and restarts it through its gate`
      : 'Rollgate has no release to bring to it; it shows what the target should run',
  };
}

/** One line for each kind, with all its places. */
function findings(facts: HostDriftFacts, inspection: HostInspection): readonly HostDrift[] {
  return driftKinds.flatMap((kind) => {
    const places = placesOf(kind, inspection);
    return places === undefined
      ? []
      : [{ kind, says: driftSentences[kind](places), ...repairOf(kind, facts, inspection) }];
  });
}

function placesOf(kind: InspectionFinding['kind'], { findings: all, more }: HostInspection): string | undefined {
  const named = all.filter((finding) => finding.kind === kind).map(({ what }) => what);
  const others = more[kind] ?? 0;
  return named.length === 0 ? undefined : `${named.join(', ')}${others === 0 ? '' : ` and ${others} more`}`;
}

function repairOf(
  kind: DriftKind,
  { instanceId, name }: HostDriftFacts,
  inspection: HostInspection,
): Pick<HostDrift, 'next' | 'does'> {
  if (kind === 'secret-rotated') {
    return {
      next: 'rollgate deploy --config-only',
      does: 'gives every host the secrets of today, and restarts those whose are other ones, through their gates',
    };
  }
  if (kind === 'drop-in') {
    const paths = inspection.findings.filter((finding) => finding.kind === kind).map(({ what }) => what);
    const unit = `${inspection.service}.service`;
    return {
      next: `sudo rm ${paths.join(' ')} && sudo systemctl daemon-reload && sudo systemctl restart ${unit}`,
      does: `on ${name}: Rollgate leaves drop-ins alone; keep it, or take it away so`,
    };
  }
  const number = releaseNumber(runningLabel(inspection.running));
  return number === undefined || number === 0
    ? { next: 'rollgate status', does: 'shows what the target should run: this unit is none of Rollgate' }
    : {
        next: deployCommand(releaseName(number), [instanceId]),
        does: `puts it back as ${releaseName(number)} was installed, and restarts ${name} through its gate where that takes one`,
      };
}

function changeNotes({ state }: HostDriftFacts, { atWork }: HostInspection, isChanging: boolean): readonly string[] {
  const by = state.lock === null ? 'a deployment' : state.lock.deploymentId;
  return [
    ...(atWork === undefined ? [] : [`the ${atWork} script of ${by} is at work on it`]),
    ...(isChanging ? [`${by} changes the target now: look again when it has ended`] : []),
  ];
}

function expectationNotes(facts: HostDriftFacts, expected: ExpectedRelease | undefined): readonly string[] {
  const stable = facts.state.stableHistory.at(-1);
  if (expected === undefined) {
    return ['no deployment has ended here yet: there is no release to compare with'];
  }
  const isApart = expected.because.kind === 'left' && stable !== undefined;
  return [
    ...(isApart
      ? [
          `${runningLabel(expected.releaseId)} was left here by ${expected.because.deploymentId}; ${releaseName(stable.release)} is stable`,
        ]
      : []),
    ...(facts.convergence.waiting[facts.instanceId] === undefined
      ? []
      : ['it waits for the stable release: rollgate status']),
  ];
}

function untold(inspection: HostInspection): readonly string[] {
  return untoldKinds.flatMap((kind) => {
    const places = placesOf(kind, inspection);
    return places === undefined ? [] : [untoldSentences[kind](places)];
  });
}
