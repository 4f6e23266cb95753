import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { TransientAwsError } from '../core/model/errors.ts';
import { changeConvergence } from '../ledger/converge/convergence.ts';
import { convergeHosts } from './converge/converge-hosts.ts';
import { toHandler } from './runtime/handler.ts';

/** `EC2 Instance State-change Notification` with state `running`. */
const inputSchema = z.object({ detail: z.object({ 'instance-id': z.string(), state: z.string() }) });

/**
 * Lambda calls again twice, one and two minutes later, where a function fails: about as long as an instance takes to come
 * online at SSM. The last look fails no more: the sweep goes on looking.
 */
const looksThatFail = 2;

/**
 * An instance has appeared or come back: the stable release is brought to it, if it is of the target and does not run it.
 * Throws TransientAwsError while it is not online yet, so that it is called again.
 */
export async function run({ detail }: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const instanceId = detail['instance-id'];
  if (detail.state !== 'running') {
    return;
  }
  const look = await convergeHosts(ports, instanceId);
  const waiting = look?.convergence.waiting[instanceId];
  if (waiting === undefined || waiting.offlineSince === null || waiting.looks >= looksThatFail) {
    return;
  }
  await changeConvergence(ports, (current) => {
    const own = current.waiting[instanceId];
    return own === undefined
      ? current
      : { ...current, waiting: { ...current.waiting, [instanceId]: { ...own, looks: waiting.looks + 1 } } };
  });
  throw new TransientAwsError(`${instanceId} is not online at SSM yet; it is looked at again`);
}

export const handler = toHandler('on-instance-running', inputSchema, run);
