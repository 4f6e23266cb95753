import type { Step } from '../../model/deployment-records.ts';
import type { Recovery } from '../../model/host-progress.ts';
import type { HostReport } from '../../model/host-report.ts';
import type { HostAction } from '../../model/statuses.ts';
import { decideByCause } from '../decide/decide-by-cause.ts';

/** What has become of the activation of a host. */
export type ActivationState =
  | 'none'
  /** The command never reached the host, or the host refused it. */
  | 'refused'
  /** The same for a reason of the platform, or the host was found to run what it ran before. */
  | 'undone'
  /** Still out. */
  | 'open'
  | 'unknown'
  /** The release is on; whether it is healthy is another question. */
  | 'switched'
  | 'failed';

interface Facts {
  readonly steps: readonly Step[];
  /** What the host ran when it was staged. */
  readonly before: string | null;
}

/** Of the newest activation, as it and the settling that came after it tell. */
export function switchOf({ steps, before }: Facts): ActivationState {
  const activate = lastStep(steps, 'activate');
  if (activate === undefined) {
    return 'none';
  }
  switch (activate.outcome?.status) {
    case 'done':
      return 'switched';
    case 'failed':
      return 'failed';
    case 'refused':
      return isOfPlatform(activate) ? 'undone' : 'refused';
    default:
      return foundOut(activate, steps, before);
  }
}

/** Null where the platform is not what is in the way, or where the host itself gives no answer any more. */
export function recoveryOf(facts: Facts): Recovery | null {
  const { steps } = facts;
  if (lastStep(steps, 'revert') !== undefined) {
    return null;
  }
  switch (switchOf(facts)) {
    case 'none':
    case 'refused':
    case 'failed':
      return null;
    case 'undone':
      return 'activate';
    case 'open':
    case 'unknown':
      return isGone(lastStep(steps, 'activate'), steps) ? null : 'settle';
    case 'switched':
      return recoveryOfGate(steps);
  }
}

function recoveryOfGate(steps: readonly Step[]): Recovery | null {
  const gate = gateOf(steps);
  switch (gate?.outcome?.status) {
    case 'done':
    case 'failed':
      return null;
    case 'refused':
      return isOfPlatform(gate) ? 'verify' : null;
    default:
      if (gate === undefined || seenAfter(gate, steps) !== undefined) {
        return 'verify';
      }
      return isGone(gate, steps) ? null : 'settle';
  }
}

/** The newest gate of the newest activation. */
export function gateOf(steps: readonly Step[]): Step | undefined {
  const [activate, verify] = [lastStep(steps, 'activate'), lastStep(steps, 'verify')];
  return activate !== undefined && verify !== undefined && verify.intent.round >= activate.intent.round
    ? verify
    : undefined;
}

/** The newest gate of the newest activation that anybody has answered let the host pass. */
export function hasPassedLast(steps: readonly Step[]): boolean {
  const isAnswered = ({ outcome }: Step): boolean => outcome?.status === 'done' || outcome?.status === 'failed';
  return (
    gateOf(steps.filter((step) => step.intent.action !== 'verify' || isAnswered(step)))?.outcome?.status === 'done'
  );
}

/** The newest attempt of an action. */
export function lastStep(steps: readonly Step[], action: HostAction): Step | undefined {
  return steps
    .filter((step) => step.intent.action === action)
    .toSorted((a, b) => a.intent.attempt - b.intent.attempt)
    .at(-1);
}

/** Of a step that nobody knows the end of: what the host said when it was settled. */
function foundOut(activate: Step, steps: readonly Step[], before: string | null): ActivationState {
  const seen = seenAfter(activate, steps);
  if (seen === undefined) {
    return activate.outcome === null ? 'open' : 'unknown';
  }
  if (seen.running !== before) {
    return before === null ? 'unknown' : 'switched';
  }
  // Stopped half-way is neither the one nor the other: only putting it back is sure to start it.
  return seen.isActive || before === 'none' ? 'undone' : 'failed';
}

function seenAfter(step: Step, steps: readonly Step[]): HostReport['host'] | undefined {
  const settle = settledAfter(step, steps);
  return settle?.outcome?.status === 'done' ? settle.outcome.report?.host : undefined;
}

/** It was asked to settle since and did not: then the host itself is in trouble, not only a command to it. */
function isGone(step: Step | undefined, steps: readonly Step[]): boolean {
  const settle = step === undefined ? undefined : settledAfter(step, steps);
  return settle !== undefined && settle.outcome !== null && settle.outcome.status !== 'done';
}

function settledAfter(step: Step, steps: readonly Step[]): Step | undefined {
  const settle = lastStep(steps, 'settle');
  return settle !== undefined && settle.intent.round > step.intent.round ? settle : undefined;
}

function isOfPlatform(step: Step): boolean {
  const diagnosis = step.outcome?.diagnosis ?? null;
  return diagnosis !== null && decideByCause(diagnosis.kind, 'switching') === 'retry';
}
