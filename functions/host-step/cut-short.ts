import type { Ports } from '../../clients/ports.ts';
import type { StepOutcome } from '../../core/model/deployment-records.ts';
import type { Controls } from '../../core/model/operator-requests.ts';
import { interrupts } from '../../core/operator/interrupts.ts';
import type { HostStep } from '../../core/rollout/progress/host-step.ts';
import { writeOutcome } from '../../ledger/rollout/host-steps.ts';

/**
 * Ends the waiting for a step where an operator's word does: its command is cancelled, which SSM does not promise, so the
 * step is unknown and the host is settled before the deployment ends. Undefined where the step goes on.
 */
export async function cutShort(
  ports: Ports,
  deploymentId: string,
  { intent, commandId: known }: HostStep,
  words: Pick<Controls, 'halt' | 'skip'>,
): Promise<StepOutcome | undefined> {
  const word = interrupts(intent, words);
  if (word === null) {
    return undefined;
  }
  const { instanceId } = intent;
  // The answer to the send may have been lost, or is not written down yet.
  const commandId = known ?? (await ports.commands.find(instanceId, intent.comment)) ?? null;
  if (commandId !== null) {
    await ports.commands.cancel(commandId, instanceId);
  }
  return writeOutcome(ports, deploymentId, intent, {
    status: 'unknown',
    at: new Date(ports.clock.now()).toISOString(),
    commandId,
    report: null,
    diagnosis: null,
    isRetryable: false,
    stoppedBy: word,
  });
}
