import type { PlannedHost, ReportedCheck, Step, StepOutcome } from '../../model/deployment-records.ts';
import type { Advance, HostProgress } from '../../model/host-progress.ts';
import { type HostReport, reportedOnly } from '../../model/host-report.ts';
import { type BalancerAction, type HostAction, hostActions, type StepAction } from '../../model/statuses.ts';
import { balancerProgress } from './balancer-standing.ts';
import { type HostStep, isBalancerStep, isHostStep } from './host-step.ts';
import { type ActivationState, gateOf, hasPassedLast, lastStep, recoveryOf, switchOf } from './recovery.ts';

/**
 * Reads the progress of one host from its steps, in any order. Attempts count after round `afterRound` alone: those of an
 * execution that died say nothing of the host.
 */
export function progressOf(host: PlannedHost, all: readonly Step[], afterRound = -1): HostProgress {
  const steps = all.filter(isHostStep);
  const balancerSteps = all.filter(isBalancerStep);
  const last = (action: HostAction): Step | undefined => lastStep(steps, action);
  const install = last('install');
  // By the order of sending, never by the host's clock: two reports of one second, or a clock that was set, change nothing.
  const observed = steps
    .toSorted(bySending)
    .map((step) => step.outcome)
    .filter((outcome): outcome is StepOutcome<HostAction> => outcome?.report != null);
  const staged = observed.find((outcome) => outcome.action === 'install')?.report;
  const lastOutcome = observed.at(-1);
  const before = staged?.host.previous ?? staged?.host.running ?? null;
  const triedAgainIn = triedAgainInRound(last('activate'), last('revert'));
  const standing = withoutUndoneReverts(steps, triedAgainIn);
  const switched = switchOf({ steps: standing, before });
  const switchedInRound = Math.max(last('activate')?.intent.round ?? -1, last('revert')?.intent.round ?? -1);
  const balancer = balancerProgress(balancerSteps, { afterRound, switchedInRound });
  const onHost = runOf(switched, gateOf(standing), lastStep(standing, 'revert'), last('verifyRevert'));
  const run = runBehindBalancer(onHost, balancerSteps, switchedInRound);
  const passed = last('verify');
  const stage = stageOf(install);
  const isRefused = run === 'untouched' && (switched === 'refused' || balancer.standing === 'notDrained');
  return {
    host,
    stage,
    run,
    isSettled: isSettled(steps),
    hasSwitched: switched === 'switched',
    isRefused,
    isLost: isLost(steps),
    revertAttempts: roundsOf(steps, 'revert', Math.max(afterRound, triedAgainIn ?? -1)),
    settleAttempts: roundsOf(steps.filter(isOpenOrFailed), 'settle', afterRound),
    balancer,
    wasDown: staged != null && !serves(staged),
    lastAnswer: lastAnswerOf(steps),
    before,
    running: lastOutcome?.report?.host.running ?? null,
    observedAt: lastOutcome?.at ?? null,
    hasPassedLast: hasPassedLast(standing),
    passedInRound: run === 'passed' ? (passed?.intent.round ?? null) : null,
    advance: advanceOf(steps),
    reported: reportedOf(observed),
    packagesSha256: install?.outcome?.report?.installed?.packagesSha256 ?? null,
    recovery: recoveryOf({ steps: standing, before }),
    diagnosis: lastFailure(steps, balancerSteps)?.diagnosis ?? null,
    caught: null,
    givenUp: [],
    lastStepRound: Math.max(-1, ...all.map(({ intent }) => intent.round)),
    isSkipped: false,
    isToRetry: false,
  };
}

function serves({ host }: HostReport): boolean {
  return host.isActive && host.isHealthy !== false;
}

function lastAnswerOf(steps: readonly HostStep[]): HostProgress['lastAnswer'] {
  const reports = steps.toSorted(bySending).map(({ outcome }) => outcome?.report ?? null);
  const newest = reports.at(-1) ?? null;
  if (newest === null) {
    return null;
  }
  const { running, isActive } = newest.host;
  // A command that does not ask for the health takes nothing back of what was found of the same release before.
  const asked = reports.findLast((report) => report?.host.running === running && report.host.isHealthy !== null);
  return isActive && asked?.host.isHealthy !== false ? 'serves' : 'doesNotServe';
}

/** The round of an activation after a revert, which an operator's retry leads to; null where the last word is a revert's. */
function triedAgainInRound(activate: Step | undefined, revert: Step | undefined): number | null {
  const isAfter = activate !== undefined && revert !== undefined && activate.intent.round > revert.intent.round;
  return isAfter && activate.outcome?.status !== 'refused' ? activate.intent.round : null;
}

/** A host that was activated again is what that has made of it: the reverts before it are history. */
function withoutUndoneReverts(steps: readonly Step[], triedAgainIn: number | null): readonly Step[] {
  const isHistory = ({ intent }: Step): boolean =>
    triedAgainIn !== null &&
    intent.round < triedAgainIn &&
    (intent.action === 'revert' || intent.action === 'verifyRevert');
  return steps.filter((step) => !isHistory(step));
}

function reportedOf(outcomes: readonly StepOutcome[]): readonly ReportedCheck[] {
  const gate = outcomes.findLast(({ report }) => report?.checks !== undefined);
  return reportedOnly(gate?.report).map(({ name, detail }) => ({ name, detail }));
}

function advanceOf(steps: readonly HostStep[]): Advance | null {
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
  switched: ActivationState,
  gate: Step | undefined,
  revert: Step | undefined,
  verifyRevert: Step | undefined,
): HostProgress['run'] {
  // A revert ends the matter for this host, unless it was activated again since.
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

/** The gate ends with the load balancer's own word: a host that it did not come to call healthy has not passed. */
function runBehindBalancer(
  run: HostProgress['run'],
  balancerSteps: readonly Step<BalancerAction>[],
  switchedInRound: number,
): HostProgress['run'] {
  const last = balancerSteps.toSorted((a, b) => a.intent.round - b.intent.round).at(-1);
  const isTurnedAway =
    last?.intent.action === 'join' && last.intent.round > switchedInRound && last.outcome?.status === 'failed';
  if (!isTurnedAway) {
    return run;
  }
  return run === 'passed' ? 'failed' : run === 'reverted' ? 'revertFailed' : run;
}

/**
 * A step whose outcome nobody knows may still run. It can no longer do harm once the host has answered a command with a
 * higher fence, because the host refuses lower ones from then on.
 */
function isSettled(steps: readonly HostStep[]): boolean {
  const acknowledged = Math.max(0, ...steps.map((step) => step.outcome?.report?.host.fence ?? 0));
  return steps
    .filter((step) => step.outcome === null || step.outcome.status === 'unknown')
    .every((step) => step.intent.fence < acknowledged);
}

function isLost(steps: readonly HostStep[]): boolean {
  const last = steps.toSorted(bySending).at(-1)?.outcome;
  // Where an operator's word ended the waiting, nobody has waited for an answer.
  const isUnheard = last !== undefined && last !== null && last.report === null && last.status !== 'failed';
  return isUnheard && last.stoppedBy === undefined;
}

/** Rounds one after another; within a round the order of `hostActions`. */
function bySending({ intent: one }: HostStep, { intent: other }: HostStep): number {
  const order = hostActions.indexOf(one.action) - hostActions.indexOf(other.action);
  return one.round - other.round || order || one.attempt - other.attempt;
}

/** Tries of the platform within one round are one attempt. */
function roundsOf(steps: readonly HostStep[], action: HostAction, afterRound: number): number {
  const rounds = steps.filter(({ intent }) => intent.action === action).map(({ intent }) => intent.round);
  return new Set(rounds.filter((round) => round > afterRound)).size;
}

/** The failure that the person should read: the newest that is not a mere consequence (revert and settle come after). */
function lastFailure(
  steps: readonly HostStep[],
  balancerSteps: readonly Step<BalancerAction>[],
): StepOutcome | undefined {
  const order: readonly StepAction[] = [
    'settle',
    'verifyRevert',
    'revert',
    'install',
    'activate',
    'verify',
    'drain',
    'join',
  ];
  const reverted = steps.find(({ intent }) => intent.action === 'revert')?.intent.round ?? Number.POSITIVE_INFINITY;
  const isConsequence = ({ intent }: Step): boolean => intent.action === 'join' && intent.round > reverted;
  const rank = (step: Step): number => (isConsequence(step) ? -1 : order.indexOf(step.intent.action));
  return (
    [...steps, ...balancerSteps]
      .filter((step) => step.outcome !== null && step.outcome.status !== 'done')
      .toSorted((a, b) => rank(a) - rank(b) || a.intent.attempt - b.intent.attempt)
      .at(-1)?.outcome ?? undefined
  );
}
