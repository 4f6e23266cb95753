import { z } from 'zod';
import type { Ports } from '../clients/ports.ts';
import { decideNextWave } from '../core/decide-next-wave.ts';
import { executionNames } from '../core/execution-names.ts';
import type { Decision, MachineError, RecordedDecision } from '../core/rollout-facts.ts';
import { type Lock, nextFence } from '../core/target-state.ts';
import { readAdmitted, readDecision, readFacts, writeDecision } from '../ledger/deployments.ts';
import { changeState, readState, requireLock } from '../ledger/target-state.ts';
import { toHandler } from './runtime/handler.ts';
import { machineError, machineErrorSchema } from './runtime/machine-error.ts';

const inputSchema = z.object({
  executionArn: z.string(),
  state: z.object({ deploymentId: z.string(), round: z.number(), error: machineErrorSchema.optional() }),
});

/** What the machine goes on with: ids, the fence of this round, and what the decision's states need. */
export type NextState = {
  readonly deploymentId: string;
  readonly fence: number;
  readonly round: number;
  readonly next: Decision['kind'];
} & Partial<Pick<Extract<Decision, { readonly kind: 'wave' }>, 'hosts' | 'maxConcurrency'>> & {
    readonly seconds?: number;
  };

/**
 * Decides what comes next from the ledger alone and records it once per round, so that a retry after a lost answer gets
 * the decision that stands. Throws LockLostError.
 */
export async function run({ executionArn, state }: z.output<typeof inputSchema>, ports: Ports): Promise<NextState> {
  const { deploymentId } = state;
  const round = state.round + 1;
  const existing = await readDecision(ports, deploymentId, round);
  if (existing?.decision.kind === 'continue') {
    return continueElsewhere(existing, { deploymentId, executionArn }, ports);
  }
  if ((await readAdmitted(ports, deploymentId))?.isDryRun) {
    return { deploymentId, fence: 0, round, next: 'finish' };
  }
  const lock = requireLock(await readState(ports), { deploymentId, executionArn });
  const recorded = existing ?? (await decide(lock, round, machineError(state.error), ports));
  return recorded.decision.kind === 'continue'
    ? continueElsewhere(recorded, { deploymentId, executionArn }, ports)
    : nextState(deploymentId, recorded);
}

async function decide(lock: Lock, round: number, error: MachineError | null, ports: Ports): Promise<RecordedDecision> {
  const { deploymentId, executionArn } = lock;
  const facts = await readFacts(ports, deploymentId, { isRepair: lock.purpose === 'repair', error });
  if (facts === undefined) {
    throw new Error(`${deploymentId} has no plan in the ledger`);
  }
  const decision = decideNextWave(facts);
  // What was sent before a revert or a settle must not count any more, should it arrive late.
  const raisesFence = decision.kind === 'revert' || decision.kind === 'settle';
  const fence = raisesFence ? await raiseFence(lock, ports) : lock.fence;
  const at = new Date(ports.clock.now()).toISOString();
  return writeDecision(ports, deploymentId, { round, decision, fence, at, executionArn, error });
}

async function raiseFence(lock: Lock, ports: Ports): Promise<number> {
  const state = await changeState(ports, (current) => {
    const ours = requireLock(current, lock);
    const fence = nextFence(current.fence, ports.clock.now() / 1000);
    return { ...current, fence, lock: { ...ours, fence } };
  });
  return state.fence;
}

/** The lock is handed to the successor before it is started; a retry finds either and does the rest. */
async function continueElsewhere(
  recorded: RecordedDecision,
  from: { readonly deploymentId: string; readonly executionArn: string },
  ports: Ports,
): Promise<NextState> {
  const { deploymentId, executionArn } = from;
  const name = executionNames.ofContinuation(deploymentId, recorded.round);
  const successor = ports.executions.arnOf(name);
  await changeState(ports, (current) =>
    current.lock?.executionArn === successor
      ? current
      : { ...current, lock: { ...requireLock(current, { deploymentId, executionArn }), executionArn: successor } },
  );
  await ports.executions.start(name, { continue: deploymentId });
  return { deploymentId, fence: recorded.fence, round: recorded.round, next: 'continue' };
}

function nextState(deploymentId: string, recorded: RecordedDecision): NextState {
  const { decision, fence, round } = recorded;
  const ids = { deploymentId, fence, round, next: decision.kind };
  switch (decision.kind) {
    case 'wave':
    case 'verify':
    case 'revert':
      return { ...ids, hosts: decision.hosts, maxConcurrency: decision.maxConcurrency };
    case 'stage':
    case 'settle':
      return { ...ids, hosts: decision.hosts };
    case 'bake':
      return { ...ids, seconds: decision.seconds };
    case 'park':
    case 'continue':
    case 'finish':
      return ids;
  }
}

export const handler = toHandler('decide-next-wave', inputSchema, run);
