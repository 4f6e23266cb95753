import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import type { Lock } from '../core/model/target-state.ts';
import { decideNextWave } from '../core/rollout/decide/decide-next-wave.ts';
import { isPaused } from '../core/rollout/decide/is-paused.ts';
import { readState, requireLock } from '../ledger/lock/target-state.ts';
import { readControl } from '../ledger/operator/requests.ts';
import { openPlanned, readFacts } from '../ledger/rollout/deployments.ts';
import { park, pauseParkingName } from '../ledger/waiting/parked-tasks.ts';
import { toHandler } from './runtime/handler.ts';
import { wakePause } from './waiting/wake.ts';
import { isAlarmFiring } from './waiting/wake-bake.ts';

const inputSchema = z.object({
  token: z.string(),
  kind: z.enum(['operator', 'bake']),
  executionArn: z.string(),
  deploymentId: z.string(),
  round: z.number(),
});

/**
 * Parks a deployment for an operator or a bake, and looks once: what was said before the token was parked counts too.
 * The next decision, not this one, says what it means. Throws LockLostError.
 */
export async function run(input: z.output<typeof inputSchema>, ports: Ports): Promise<void> {
  const { kind, token, deploymentId, executionArn, round } = input;
  const lock = requireLock(await readState(ports), { deploymentId, executionArn });
  const parkedAt = new Date(ports.clock.now()).toISOString();
  const name = pauseParkingName(ports.stage.service, deploymentId);
  await park(ports, name, { kind, token, deploymentId, executionArn, round, parkedAt });
  const isOver = kind === 'bake' ? await isBakeOver(deploymentId, ports) : await isWaitOver(lock, ports);
  if (isOver) {
    await wakePause(ports, deploymentId);
  }
}

async function isBakeOver(deploymentId: string, ports: Ports): Promise<boolean> {
  const [halt, pause, resume] = await Promise.all([
    readControl(ports, 'halt', deploymentId),
    readControl(ports, 'pause', deploymentId),
    readControl(ports, 'resume', deploymentId),
  ]);
  return halt !== null || isPaused({ pause, resume }) || (await isAlarmFiring(ports, deploymentId));
}

async function isWaitOver({ deploymentId, executionArn, purpose }: Lock, ports: Ports): Promise<boolean> {
  const situation = { executionArn, isRepair: purpose === 'repair', error: null };
  const facts = await readFacts(ports, await openPlanned(ports, deploymentId), situation);
  return decideNextWave(facts).decision.kind !== 'park';
}

export const handler = toHandler('park-deployment', inputSchema, run);
