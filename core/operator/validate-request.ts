import type { Controls } from '../model/operator-requests.ts';
import { saidBy } from '../model/operator-requests.ts';
import type { ParkReason, RecordedDecision } from '../model/rollout-facts.ts';
import { isPaused } from '../rollout/decide/is-paused.ts';

/** A deployment that runs or waits, as far as an operator's word depends on it. */
export interface SpokenToFacts {
  readonly deploymentId: string;
  readonly controls: Controls;
  /** Oldest first. */
  readonly decisions: readonly RecordedDecision[];
}

export type WordVerdict =
  | { readonly kind: 'said' }
  /** `next` is what to type instead. */
  | { readonly kind: 'refused'; readonly why: string; readonly next: string };

/** Verbs that are said to a deployment as a whole. */
export type PlainVerb = 'halt' | 'pause' | 'resume' | 'approve';

/** Whether a word would change anything now: one that would not is refused, and the operator told what would. */
export function validateRequest(verb: PlainVerb, isKept: boolean, facts: SpokenToFacts): WordVerdict {
  const { deploymentId, controls } = facts;
  if (verb === 'halt') {
    const { halt } = controls;
    return halt === null || (halt.isKept ?? false) !== isKept
      ? { kind: 'said' }
      : refused(`${deploymentId} is halted already, ${saidBy(halt)}`, 'rollgate status --watch');
  }
  const turned = judgeTurned(facts);
  if (turned !== null) {
    return turned;
  }
  switch (verb) {
    case 'pause':
      return isPaused(controls) && controls.pause !== null
        ? refused(`${deploymentId} is paused already, ${saidBy(controls.pause)}`, 'rollgate resume')
        : { kind: 'said' };
    case 'resume':
      return judgeResume(facts);
    case 'approve':
      return controls.approve === null
        ? { kind: 'said' }
        : refused(`${deploymentId} is approved already, ${saidBy(controls.approve)}`, 'rollgate status --watch');
  }
}

/** A deployment that turns back goes on doing so, whatever is said but halt. */
export function judgeTurned({ deploymentId, controls, decisions }: SpokenToFacts): WordVerdict | null {
  const failure = decisions.find((decision) => decision.failure !== undefined)?.failure;
  const why = controls.halt === null ? failure?.reason.text : `halted ${saidBy(controls.halt)}`;
  return why === undefined ? null : refused(`${deploymentId} is being ended: ${why}`, 'rollgate status --watch');
}

function judgeResume({ deploymentId, controls, decisions }: SpokenToFacts): WordVerdict {
  const waitsFor = parkReason(decisions);
  if (isPaused(controls) || waitsFor === 'shared-fault' || waitsFor === 'platform-fault') {
    return { kind: 'said' };
  }
  return waitsFor === 'approval'
    ? refused(`${deploymentId} is not paused, it waits for approval`, 'rollgate approve')
    : refused(`${deploymentId} is not paused`, 'rollgate status --watch');
}

/** What a deployment is parked for; null while it is not. */
function parkReason(decisions: readonly RecordedDecision[]): ParkReason | null {
  const last = decisions.at(-1)?.decision;
  return last?.kind === 'park' ? last.why : null;
}

function refused(why: string, next: string): WordVerdict {
  return { kind: 'refused', why, next };
}
