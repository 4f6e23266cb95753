import type { PlannedHost, Step, StepOutcome } from './deployment-records.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { HostAction } from './statuses.ts';

/**
 * Where one host stands in a deployment, read from its steps and nothing else: the same steps always give the same
 * progress, whichever execution reads them.
 */
export interface HostProgress {
  readonly host: PlannedHost;
  readonly stage: 'waiting' | 'staged' | 'failed' | 'unknown';
  /**
   * `untouched`: no activate intent. `activating`: on its way, not yet through its gate. `passed`: runs the release and
   * passed its last gate. `failed`: activated or meant to be, and did not pass. `reverted`: back on its previous release
   * and passed. `revertFailed`: neither.
   */
  readonly run: 'untouched' | 'activating' | 'passed' | 'failed' | 'reverted' | 'revertFailed';
  /** Nothing sent earlier can still change the host. */
  readonly isSettled: boolean;
  /** How often this deployment has tried to revert or settle the host. */
  readonly revertAttempts: number;
  readonly settleAttempts: number;
  /** The host was not serving when it was staged. */
  readonly wasDown: boolean;
  /** What ran before this deployment, as the host reported it: `v41-…`, `v0`, `none`; null where it was not seen. */
  readonly before: string | null;
  /** What runs now, as last reported, and when. */
  readonly running: string | null;
  readonly observedAt: string | null;
  /** Decision after which the host last passed its gate. */
  readonly passedInRound: number | null;
  /** SHA-256 of the packages that were resolved at staging. */
  readonly packagesSha256: string | null;
  readonly diagnosis: Diagnosis | null;
}

/** Reads the progress of one host from its steps, in any order. */
export function progressOf(host: PlannedHost, steps: readonly Step[]): HostProgress {
  const last = (action: HostAction): Step | undefined =>
    steps
      .filter((step) => step.intent.action === action)
      .toSorted((a, b) => a.intent.attempt - b.intent.attempt)
      .at(-1);
  const install = last('install');
  const observed = steps
    .map((step) => step.outcome)
    .filter((outcome): outcome is StepOutcome => outcome?.report != null)
    .toSorted((a, b) => (a.report?.finishedAtSeconds ?? 0) - (b.report?.finishedAtSeconds ?? 0));
  const firstReport = observed[0]?.report;
  const lastOutcome = observed.at(-1);
  const run = runOf(last('activate'), last('verify'), last('revert'), last('verifyRevert'));
  const passed = last('verify');
  return {
    host,
    stage: stageOf(install),
    run,
    isSettled: isSettled(steps),
    revertAttempts: countOf(steps, 'revert'),
    settleAttempts: countOf(steps, 'settle'),
    wasDown:
      firstReport !== undefined &&
      firstReport !== null &&
      !(firstReport.host.isActive && firstReport.host.isHealthy !== false),
    before: firstReport?.host.previous ?? firstReport?.host.running ?? null,
    running: lastOutcome?.report?.host.running ?? null,
    observedAt: lastOutcome?.at ?? null,
    passedInRound: run === 'passed' ? (passed?.intent.round ?? null) : null,
    packagesSha256: install?.outcome?.report?.installed?.packagesSha256 ?? null,
    diagnosis: lastFailure(steps)?.diagnosis ?? null,
  };
}

/**
 * The progress once no Map is running any more: a host that has not answered by now is one that failed.
 */
export function landed(progress: readonly HostProgress[]): readonly HostProgress[] {
  return progress.map((host) => ({
    ...host,
    stage: host.stage === 'waiting' ? 'unknown' : host.stage,
    run: host.run === 'activating' ? 'failed' : host.run,
  }));
}

function stageOf(install: Step | undefined): HostProgress['stage'] {
  if (install === undefined) {
    return 'waiting';
  }
  switch (install.outcome?.status) {
    case 'done':
      return 'staged';
    case 'failed':
    case 'refused':
      return 'failed';
    default:
      return 'unknown';
  }
}

function runOf(
  activate: Step | undefined,
  verify: Step | undefined,
  revert: Step | undefined,
  verifyRevert: Step | undefined,
): HostProgress['run'] {
  // A revert always comes after the activate that it undoes, and ends the matter for this host.
  if (revert !== undefined) {
    const isBack = revert.outcome?.status === 'done';
    const isChecked = verifyRevert?.outcome?.status === 'done' && verifyRevert.intent.round >= revert.intent.round;
    return isBack && isChecked ? 'reverted' : 'revertFailed';
  }
  if (activate === undefined || isKnownUntouched(activate)) {
    return 'untouched';
  }
  if (activate.outcome === null) {
    return 'activating';
  }
  if (activate.outcome.status !== 'done') {
    return 'failed';
  }
  const gate = verify !== undefined && verify.intent.round >= activate.intent.round ? verify.outcome : null;
  if (gate === null) {
    return 'activating';
  }
  return gate.status === 'done' ? 'passed' : 'failed';
}

/** SSM or the host refused the command before it did anything. */
function isKnownUntouched(activate: Step): boolean {
  return activate.outcome?.status === 'refused';
}

/**
 * A step whose outcome nobody knows may still run. It can no longer do harm once the host has answered a command with a
 * higher fence, because the host refuses lower ones from then on.
 */
function isSettled(steps: readonly Step[]): boolean {
  const acknowledged = Math.max(0, ...steps.map((step) => step.outcome?.report?.host.fence ?? 0));
  return steps
    .filter((step) => step.outcome === null || step.outcome.status === 'unknown')
    .every((step) => step.intent.fence < acknowledged);
}

function countOf(steps: readonly Step[], action: HostAction): number {
  return steps.filter((step) => step.intent.action === action).length;
}

/** The failure that the person should read: the newest that is not a mere consequence (revert and settle come after). */
function lastFailure(steps: readonly Step[]): StepOutcome | undefined {
  const order: readonly HostAction[] = ['settle', 'verifyRevert', 'revert', 'install', 'activate', 'verify'];
  return steps
    .map((step) => step.outcome)
    .filter((outcome): outcome is StepOutcome => outcome !== null && outcome.status !== 'done')
    .toSorted((a, b) => order.indexOf(a.action) - order.indexOf(b.action) || a.attempt - b.attempt)
    .at(-1);
}
