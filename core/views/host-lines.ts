import type { DeploymentPlan, PlannedHost, Step, StepOutcome } from '../model/deployment-records.ts';
import type { StepAction } from '../model/statuses.ts';
import { earliest, secondsBetween } from './elapsed.ts';
import { runningLabel } from './release-label.ts';
import type { HostStatus } from './status-words.ts';

/** One host in one part of a deployment. */
export interface HostLine {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly isSimulated: boolean;
  readonly status: HostStatus;
  /** Until now where it is not over; null where it has not begun. */
  readonly durationSeconds: number | null;
  /** One sentence: the cause of a failure, or what is worth knowing of a success. */
  readonly detail: string | null;
  /** What to do about a failure. */
  readonly remedy: string | null;
  /** What to type to mend it, where one command does. */
  readonly command?: string;
}

export interface LineFacts {
  readonly host: PlannedHost;
  /** All steps of this host. */
  readonly steps: readonly Step[];
  /** The deployment has ended: what has not begun never will. */
  readonly isEnded: boolean;
  /** The newest decision: what an earlier one asked for and nobody answered will not be answered any more. */
  readonly round: number;
  readonly nowMilliseconds: number;
}

/** The host in Stage. */
export function stageLine(facts: LineFacts): HostLine {
  const step = lastStep(facts.steps, 'install');
  const status = statusOf(facts, step, { moving: 'installing', done: 'staged', failed: 'failed' });
  const isReused = step?.outcome?.report?.installed?.isVirtualenvReused === true;
  return line(facts, status, ['install'], step, isReused ? 'unchanged requirements, nothing installed' : null);
}

/** The host in its wave: out of its load balancer where it has one, activated, through its gate, and in again. */
export function waveLine(facts: LineFacts): HostLine {
  const activate = lastStep(facts.steps, 'activate');
  const verify = lastStep(facts.steps, 'verify');
  const drain = lastStep(facts.steps, 'drain');
  const join = joinOfWave(facts.steps, verify ?? activate);
  if (drain?.outcome === null && !isGivenUp(facts, drain)) {
    return line(facts, 'draining', ['drain'], drain, null, drain.intent.comment);
  }
  if (join !== undefined && join.outcome?.status !== 'done') {
    const status = statusOf(facts, join, { moving: 'joining', done: 'passed', failed: 'failed' });
    return line(facts, status, ['join'], join, null, join.intent.comment);
  }
  if (activate === undefined && drain?.outcome?.status === 'failed') {
    return line(facts, 'failed', ['drain'], drain, null);
  }
  const isGated = activate !== undefined && verify !== undefined && verify.intent.round >= activate.intent.round;
  if (activate?.outcome?.status === 'done' && isGated) {
    const status = statusOf(facts, verify, { moving: 'gate', done: 'passed', failed: 'failed' });
    return line(facts, status, ['activate', 'verify'], verify, drain?.outcome?.note ?? null);
  }
  const between = activate?.outcome?.status === 'done' && !facts.isEnded ? 'activating' : null;
  const status = statusOf(facts, activate, { moving: 'activating', done: 'unknown', failed: 'failed' });
  return line(facts, between ?? status, ['activate'], activate, null);
}

/** The host on its way back. */
export function revertLine(facts: LineFacts): HostLine {
  const revert = lastStep(facts.steps, 'revert');
  const verify = lastStep(facts.steps, 'verifyRevert');
  const isGated = revert !== undefined && verify !== undefined && verify.intent.round >= revert.intent.round;
  const actions: readonly StepAction[] = ['revert', 'verifyRevert'];
  const join = lastStep(facts.steps, 'join');
  if (
    join !== undefined &&
    join.outcome?.status !== 'done' &&
    verify !== undefined &&
    join.intent.round > verify.intent.round
  ) {
    const status = statusOf(facts, join, { moving: 'joining', done: 'reverted', failed: 'notReverted' });
    return line(facts, status, ['join'], join, null, join.intent.comment);
  }
  if (revert?.outcome?.status === 'done' && isGated) {
    const status = statusOf(facts, verify, { moving: 'revertGate', done: 'reverted', failed: 'notReverted' });
    const running = verify.outcome?.report?.host.running ?? null;
    return line(facts, status, actions, verify, running === null ? null : `back on ${runningLabel(running)}`);
  }
  const between = revert?.outcome?.status === 'done' && !facts.isEnded ? 'revertGate' : null;
  const status = statusOf(facts, revert, { moving: 'reverting', done: 'notReverted', failed: 'notReverted' });
  return line(facts, between ?? status, actions, revert, null);
}

/** The host acknowledging that nothing sent earlier may still change it. */
export function settleLine(facts: LineFacts): HostLine {
  const step = lastStep(facts.steps, 'settle');
  const status = statusOf(facts, step, { moving: 'settling', done: 'settled', failed: 'notSettled' });
  return line(facts, status, ['settle'], step, null);
}

/** Hosts of the plan by id. */
export function hostsById(plan: DeploymentPlan): ReadonlyMap<string, PlannedHost> {
  return new Map(plan.hosts.map((host) => [host.instanceId, host]));
}

function statusOf(
  facts: LineFacts,
  step: Step | undefined,
  words: { readonly moving: HostStatus; readonly done: HostStatus; readonly failed: HostStatus },
): HostStatus {
  if (step === undefined) {
    return facts.isEnded ? 'notStarted' : 'waiting';
  }
  switch (step.outcome?.status) {
    case undefined:
      return isGivenUp(facts, step) ? 'unknown' : words.moving;
    case 'done':
      return words.done;
    case 'failed':
    case 'refused':
      return words.failed;
    case 'unknown':
      return step.outcome.stoppedBy === undefined ? 'unknown' : 'stopped';
  }
}

function line(
  facts: LineFacts,
  status: HostStatus,
  actions: readonly StepAction[],
  last: Step | undefined,
  success: string | null,
  /** Of what it waits for. */
  meanwhile: string | null = null,
): HostLine {
  const { instanceId, name, zone, isSimulated } = facts.host;
  const outcome = last?.outcome ?? null;
  const isFailure = outcome !== null && outcome.status !== 'done';
  const command = isFailure ? outcome.diagnosis?.command : undefined;
  return {
    instanceId,
    name,
    zone,
    isSimulated,
    status,
    durationSeconds: durationOf(facts, actions, last),
    detail: isFailure
      ? failureText(outcome)
      : outcome === null
        ? status === 'unknown'
          ? noAnswer
          : meanwhile
        : success,
    remedy: isFailure ? (outcome.diagnosis?.remedy ?? null) : null,
    ...(command === undefined ? {} : { command }),
  };
}

/** From the first of these steps in the last one's round to the end of the last one. */
function durationOf(facts: LineFacts, actions: readonly StepAction[], last: Step | undefined): number | null {
  if (last === undefined) {
    return null;
  }
  const { round } = last.intent;
  const begun = facts.steps.filter(({ intent }) => actions.includes(intent.action) && intent.round === round);
  const from = earliest(begun.map((step) => step.intent.at));
  return secondsBetween(from, last.outcome?.at ?? (isGivenUp(facts, last) ? null : facts.nowMilliseconds));
}

const noAnswer = 'gave no answer in time';

function isGivenUp(facts: LineFacts, step: Step): boolean {
  return facts.isEnded || step.intent.round < facts.round;
}

const stoppedText = { halt: 'nobody waited for it any more: halted', skip: 'nobody waited for it any more: skipped' };

function failureText(outcome: StepOutcome): string {
  if (outcome.stoppedBy !== undefined) {
    return stoppedText[outcome.stoppedBy];
  }
  if (outcome.diagnosis !== null) {
    return `${outcome.diagnosis.cause}: ${outcome.diagnosis.meaning}`;
  }
  return outcome.report?.message ?? (outcome.status === 'unknown' ? noAnswer : 'gave no report');
}

/** The newest join after this step that is none of the way back. */
function joinOfWave(steps: readonly Step[], after: Step | undefined): Step | undefined {
  const reverted = lastStep(steps, 'revert')?.intent.round ?? Number.POSITIVE_INFINITY;
  const from = after?.intent.round ?? -1;
  return steps.findLast(({ intent }) => intent.action === 'join' && intent.round > from && intent.round < reverted);
}

function lastStep(steps: readonly Step[], action: StepAction): Step | undefined {
  return steps
    .filter((step) => step.intent.action === action)
    .toSorted((a, b) => a.intent.attempt - b.intent.attempt)
    .at(-1);
}
