import type { Step } from '../../core/deployment-records.ts';
import type { StepAction } from '../../core/statuses.ts';

/** The newest attempt of an action that this round has made; undefined before the first. */
export function stepOfRound(steps: readonly Step[], action: StepAction, round: number): Step | undefined {
  return steps
    .filter((step) => step.intent.action === action && step.intent.round === round)
    .toSorted((a, b) => a.intent.attempt - b.intent.attempt)
    .at(-1);
}
