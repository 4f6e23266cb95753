import { isStagingDue } from './approval.ts';
import { decideByCause } from './decide-by-cause.ts';
import type { PlannedHost, ReportedCheck, Step, StepOutcome } from './deployment-records.ts';
import type { Diagnosis } from './diagnosis.ts';
import { reportedOnly } from './host-report.ts';
import { gateOf, lastStep, type Recovery, recoveryOf, type Switch, switchOf } from './recovery.ts';
import type { RolloutFacts } from './rollout-facts.ts';
import { type HostAction, hostActions } from './statuses.ts';

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
  /** It has answered that it runs the release; whether it is healthy is another question. */
  readonly hasSwitched: boolean;
  /** SSM or the host refused to activate: it runs what it ran before, and will in this deployment. */
  readonly isRefused: boolean;
  /** Nobody has heard of it since: its last command was refused by SSM, or nobody knows what became of it. */
  readonly isLost: boolean;
  /** In how many rounds this execution has tried to revert or settle the host. */
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
  /** The newest of its steps that brought the rollout forward; null where there is none. */
  readonly advance: Advance | null;
  /** Checks of its newest gate that failed and do not decide. */
  readonly reported: readonly ReportedCheck[];
  /** SHA-256 of the packages that were resolved at staging. */
  readonly packagesSha256: string | null;
  /** The platform has lost sight of the host: what brings it back into the rollout. */
  readonly recovery: Recovery | null;
  readonly diagnosis: Diagnosis | null;
}

/** A host was staged, or passed its gate. */
export interface Advance {
  readonly kind: 'staged' | 'passed';
  readonly at: string;
}

/** A host that could not be reverted is tried once more, then named in FailedDirty. */
export const maxRevertAttempts = 2;

/**
 * Reads the progress of one host from its steps, in any order. Attempts count after round `afterRound` alone: those of an
 * execution that died say nothing of the host.
 */
export function progressOf(host: PlannedHost, steps: readonly Step[], afterRound = -1): HostProgress {
  const last = (action: HostAction): Step | undefined => lastStep(steps, action);
  const install = last('install');
  // By the order of sending, never by the host's clock: two reports of one second, or a clock that was set, change nothing.
  const observed = steps
    .toSorted(bySending)
    .map((step) => step.outcome)
    .filter((outcome): outcome is StepOutcome => outcome?.report != null);
  const staged = observed.find((outcome) => outcome.action === 'install')?.report;
  const lastOutcome = observed.at(-1);
  const before = staged?.host.previous ?? staged?.host.running ?? null;
  const switched = switchOf({ steps, before });
  const run = runOf(switched, gateOf(steps), last('revert'), last('verifyRevert'));
  const passed = last('verify');
  return {
    host,
    stage: stageOf(install),
    run,
    isSettled: isSettled(steps),
    hasSwitched: switched === 'switched',
    isRefused: run === 'untouched' && switched === 'refused',
    isLost: isLost(steps),
    revertAttempts: roundsOf(steps, 'revert', afterRound),
    settleAttempts: roundsOf(steps.filter(isOpenOrFailed), 'settle', afterRound),
    wasDown: staged != null && !(staged.host.isActive && staged.host.isHealthy !== false),
    before,
    running: lastOutcome?.report?.host.running ?? null,
    observedAt: lastOutcome?.at ?? null,
    passedInRound: run === 'passed' ? (passed?.intent.round ?? null) : null,
    advance: advanceOf(steps),
    reported: reportedOf(observed),
    packagesSha256: install?.outcome?.report?.installed?.packagesSha256 ?? null,
    recovery: recoveryOf({ steps, before }),
    diagnosis: lastFailure(steps)?.diagnosis ?? null,
  };
}

/**
 * The progress once no Map is running any more: a host that has not answered by now is one that failed, and so is one
 * that was to be verified again and was not.
 */
export function landed(facts: Pick<RolloutFacts, 'plan' | 'progress' | 'decisions'>): readonly HostProgress[] {
  const { progress, decisions } = facts;
  const isStageOver = !isStagingDue(facts);
  const isUnverified = ({ host, run, passedInRound }: HostProgress): boolean =>
    run === 'passed' &&
    decisions.some(
      ({ decision, round }) =>
        decision.kind === 'verify' && decision.hosts.includes(host.instanceId) && round > (passedInRound ?? round),
    );
  return progress.map((host) => ({
    ...host,
    stage: host.stage === 'waiting' && isStageOver ? 'unknown' : host.stage,
    run: host.run === 'activating' || isUnverified(host) ? 'failed' : host.run,
    recovery: isUnverified(host) ? 'verify' : host.recovery,
  }));
}

/** The host does not serve, whatever made it so; one that nobody has heard of is taken for down. */
export function isDown(host: HostProgress): boolean {
  switch (host.run) {
    case 'failed':
    case 'revertFailed':
      return true;
    case 'untouched':
      return host.wasDown || host.isLost;
    case 'reverted':
      return host.before === 'none';
    case 'activating':
    case 'passed':
      return false;
  }
}

/** Activated, and not what it should be: another revert may bring it back. */
export function isRevertable(host: HostProgress): boolean {
  return host.run === 'failed' || (host.run === 'revertFailed' && host.revertAttempts < maxRevertAttempts);
}

/**
 * The host switched, and its gate failed for a fault that the release before it would show too (RabbitMQ is down for
 * everybody). It is neither reverted nor counted as failed: the rollout waits for a person.
 */
export function isSuspended(host: HostProgress): boolean {
  return host.run === 'failed' && host.hasSwitched && isAsked(host.diagnosis);
}

function isAsked(diagnosis: Diagnosis | null): boolean {
  return diagnosis !== null && decideByCause(diagnosis.kind, 'switching') === 'ask';
}

/**
 * The platform lost sight of the host while it was switched or asked. It is neither reverted nor counted as failed: it is
 * looked at again.
 */
export function isInterrupted(host: HostProgress): boolean {
  return host.run === 'failed' && host.recovery !== null;
}

/** A host that counts against `maxFailedHosts`, whatever has been done about it since. */
export function hasFailed(host: HostProgress): boolean {
  return (
    host.stage === 'failed' ||
    host.stage === 'unknown' ||
    host.isRefused ||
    (host.run === 'failed' && !isSuspended(host) && !isInterrupted(host)) ||
    host.run === 'reverted' ||
    host.run === 'revertFailed'
  );
}

function reportedOf(outcomes: readonly StepOutcome[]): readonly ReportedCheck[] {
  const gate = outcomes.findLast(({ report }) => report?.checks !== undefined);
  return reportedOnly(gate?.report).map(({ name, detail }) => ({ name, detail }));
}

function advanceOf(steps: readonly Step[]): Advance | null {
  const kinds = { install: 'staged', verify: 'passed' } as const;
  const advances = steps.flatMap(({ intent: { action }, outcome }) =>
    (action === 'install' || action === 'verify') && outcome?.status === 'done'
      ? [{ kind: kinds[action], at: outcome.at }]
      : [],
  );
  return advances.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1) ?? null;
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
  switched: Switch,
  gate: Step | undefined,
  revert: Step | undefined,
  verifyRevert: Step | undefined,
): HostProgress['run'] {
  // A revert always comes after the activate that it undoes, and ends the matter for this host.
  if (revert !== undefined) {
    const isBack = revert.outcome?.status === 'done';
    const isChecked = verifyRevert?.outcome?.status === 'done' && verifyRevert.intent.round >= revert.intent.round;
    return isBack && isChecked ? 'reverted' : 'revertFailed';
  }
  switch (switched) {
    case 'none':
    case 'refused':
    case 'undone':
      return 'untouched';
    case 'open':
      return 'activating';
    case 'unknown':
    case 'failed':
      return 'failed';
    case 'switched':
      break;
  }
  const outcome = gate?.outcome ?? null;
  if (outcome === null) {
    return 'activating';
  }
  return outcome.status === 'done' ? 'passed' : 'failed';
}

function isOpenOrFailed({ outcome }: Step): boolean {
  return outcome?.status !== 'done';
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

function isLost(steps: readonly Step[]): boolean {
  const last = steps.toSorted(bySending).at(-1)?.outcome;
  return last !== undefined && last !== null && last.report === null && last.status !== 'failed';
}

/** Rounds one after another; within a round the order of `hostActions`. */
function bySending({ intent: one }: Step, { intent: other }: Step): number {
  const order = hostActions.indexOf(one.action) - hostActions.indexOf(other.action);
  return one.round - other.round || order || one.attempt - other.attempt;
}

/** Tries of the platform within one round are one attempt. */
function roundsOf(steps: readonly Step[], action: HostAction, afterRound: number): number {
  const rounds = steps.filter(({ intent }) => intent.action === action).map(({ intent }) => intent.round);
  return new Set(rounds.filter((round) => round > afterRound)).size;
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
