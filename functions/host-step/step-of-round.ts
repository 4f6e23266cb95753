import type { Step } from '../../core/model/deployment-records.ts';
import type { StepAction } from '../../core/model/statuses.ts';

/** The newest attempt of an action that this round has made; undefined before the first. */
export function stepOfRound<Action extends StepAction>(
  steps: readonly Step[],
  action: Action,
  round: number,
): Step<Action> | undefined {
  return steps
    .filter((step): step is Step<Action> => step.intent.action === action && step.intent.round === round)
    .toSorted((a, b) => a.intent.attempt - b.intent.attempt)
    .at(-1);
}
