import type { HostAction } from '../statuses.ts';
import type { Controls } from './controls.ts';

/** The words that end what a host is doing at once. */
export type StoppingWord = 'halt' | 'skip';

/**
 * Whether an operator's word ends a step that is out, or keeps it from being sent: staging and the gate touch nothing
 * that runs, and may take half an hour. What switches a host is short, and half a switch is worse than a whole one: it is
 * left to end.
 *
 * | step                          | after halt | after skip of this host |
 * |-------------------------------|------------|-------------------------|
 * | install, verify               | ended      | ended                   |
 * | activate                      | left       | left                    |
 * | revert, verifyRevert, settle  | left       | left                    |
 */
export function cutsShort(
  step: { readonly action: HostAction; readonly instanceId: string },
  { halt, skip }: Pick<Controls, 'halt' | 'skip'>,
): StoppingWord | null {
  if (!mayBeCutShort(step.action)) {
    return null;
  }
  if (halt !== null) {
    return 'halt';
  }
  return skip.some((word) => word.hosts?.includes(step.instanceId)) ? 'skip' : null;
}

/** Steps that some word ends: of the others nobody needs to ask. */
export function mayBeCutShort(action: HostAction): boolean {
  return action === 'install' || action === 'verify';
}
