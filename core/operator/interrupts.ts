import type { Controls, InterruptingRequest } from '../model/operator-requests.ts';
import type { HostAction } from '../model/statuses.ts';

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
export function interrupts(
  step: { readonly action: HostAction; readonly instanceId: string },
  { halt, skip }: Pick<Controls, 'halt' | 'skip'>,
): InterruptingRequest | null {
  if (!mayBeInterrupted(step.action)) {
    return null;
  }
  if (halt !== null) {
    return 'halt';
  }
  return skip.some((word) => word.hosts?.includes(step.instanceId)) ? 'skip' : null;
}

/** Steps that some word ends: of the others nobody needs to ask. */
export function mayBeInterrupted(action: HostAction): boolean {
  return action === 'install' || action === 'verify';
}
