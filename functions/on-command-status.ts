import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { TransientAwsError } from '../core/model/errors.ts';
import { openDeployment } from '../ledger/rollout/deployments.ts';
import { commandParkingName, findParked } from '../ledger/waiting/parked-tasks.ts';
import { answerStep } from './host-step/answer-step.ts';
import { toHandler } from './runtime/handler.ts';

/** SSM's `EC2 Command Invocation Status-change Notification`: no exit code, no output. */
const inputSchema = z.object({
  detail: z.object({
    'command-id': z.string(),
    'document-name': z.string(),
    'instance-id': z.string(),
    status: z.string(),
  }),
});

const endedStatuses: readonly string[] = ['Success', 'Failed', 'Cancelled', 'TimedOut'];

/**
 * Wakes the step that waits for a command. The event only wakes: what happened is asked of SSM. Throws TransientAwsError
 * where no token is parked yet, so that the event is delivered again.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  if (!endedStatuses.includes(detail.status.replaceAll(' ', ''))) {
    return;
  }
  const parked = await findParked(ports, commandParkingName(detail['document-name'], detail['instance-id']));
  if (parked?.kind !== 'command') {
    throw new TransientAwsError(`no step waits for command ${detail['command-id']} yet; the event is delivered again`);
  }
  if (parked.answeredCommandId !== undefined) {
    return;
  }
  const deployment = await openDeployment(ports, parked.deploymentId);
  if (deployment !== undefined) {
    await answerStep(ports, deployment, parked);
  }
}

export const handler = toHandler('on-command-status', inputSchema, run);
