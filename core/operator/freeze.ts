import type { Control } from '../model/operator-requests.ts';
import type { TargetState } from '../model/target-state.ts';

/** The last words of each kind about the target. */
export interface FreezeWords {
  readonly freeze: Control | null;
  readonly unfreeze: Control | null;
}

/**
 * The state as the last word about freezing wants it; the same object where it is so already, or nobody has said a word.
 * Applied twice, late or in another order it comes to the same.
 */
export function withFreeze(state: TargetState, { freeze, unfreeze }: FreezeWords): TargetState {
  if (freeze === null && unfreeze === null) {
    return state;
  }
  const stands = freeze !== null && (unfreeze === null || Date.parse(unfreeze.at) < Date.parse(freeze.at));
  const next = stands ? { by: freeze.by, at: freeze.at, reason: freeze.reason } : null;
  return JSON.stringify(next) === JSON.stringify(state.freeze) ? state : { ...state, freeze: next };
}

/** Why a frozen target takes nothing, and what to type. A person who wants to go back need not end the freeze for that. */
export function frozenSentence({ by, reason }: Pick<Control, 'by' | 'reason'>, isRollback = false): string {
  const option = isRollback ? '; to go back all the same: rollgate rollback --through-freeze' : '';
  return `the target is frozen by ${by} (${reason}); rollgate unfreeze ends that${option}`;
}
