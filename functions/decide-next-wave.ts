import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import type { Decision, MachineError, RecordedDecision } from '../core/model/rollout-facts.ts';
import { type Lock, nextFence } from '../core/model/target-state.ts';
import { decideNextWave } from '../core/rollout/decide/decide-next-wave.ts';
import { changeState, readState, requireLock } from '../ledger/lock/target-state.ts';
import {
  openPlanned,
  type PlannedDeployment,
  readDecision,
  readFacts,
  writeDecision,
} from '../ledger/rollout/deployments.ts';
import { withAlarms } from './alarms/look-at-alarms.ts';
import { startSuccessor } from './lock/start-successor.ts';
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
  const deployment = await openPlanned(ports, deploymentId);
  if (deployment.admitted.isDryRun) {
    return { deploymentId, fence: 0, round: state.round + 1, next: 'finish' };
  }
  for (let round = state.round + 1; ; round++) {
    const existing = await readDecision(ports, deploymentId, round);
    const recorded = existing ?? (await decide(deployment, { executionArn, round }, machineError(state.error), ports));
    // What an execution that has lost the lock since decided in the same moment is not followed.
    if (recorded.executionArn !== executionArn) {
      continue;
    }
    if (recorded.decision.kind === 'continue') {
      await startSuccessor(ports, recorded, { deploymentId, executionArn });
    } else if (existing !== undefined) {
      // A decision that was made just now was made under the lock.
      requireLock(await readState(ports), { deploymentId, executionArn });
    }
    return nextState(deploymentId, recorded);
  }
}

async function decide(
  deployment: PlannedDeployment,
  { executionArn, round }: { readonly executionArn: string; readonly round: number },
  error: MachineError | null,
  ports: Ports,
): Promise<RecordedDecision> {
  const { deploymentId } = deployment.admitted;
  const lock = requireLock(await readState(ports), { deploymentId, executionArn });
  const read = await readFacts(ports, deployment, { executionArn, isRepair: lock.purpose === 'repair', error });
  const facts = await withAlarms(ports, read);
  const { decision, failure } = decideNextWave(facts);
  // What was sent before a revert or a settle must not count any more, should it arrive late.
  const raisesFence = decision.kind === 'revert' || decision.kind === 'settle';
  const fence = raisesFence ? await raiseFence(lock, ports) : lock.fence;
  const at = new Date(ports.clock.now()).toISOString();
  const why = failure === null ? {} : { failure };
  const seen = facts.alarms.kind === 'notAsked' ? {} : { alarms: facts.alarms };
  return writeDecision(ports, deploymentId, { round, decision, fence, at, executionArn, error, ...seen, ...why });
}

async function raiseFence(lock: Lock, ports: Ports): Promise<number> {
  const state = await changeState(ports, (current) => {
    const ours = requireLock(current, lock);
    const fence = nextFence(current.fence, ports.clock.now() / 1000);
    return { ...current, fence, lock: { ...ours, fence } };
  });
  return state.fence;
}

function nextState(deploymentId: string, recorded: RecordedDecision): NextState {
  const { decision, fence, round } = recorded;
  const ids = { deploymentId, fence, round, next: decision.kind };
  switch (decision.kind) {
    case 'wave':
    case 'verify':
    case 'revert':
    case 'drain':
    case 'join':
      return { ...ids, hosts: decision.hosts, maxConcurrency: decision.maxConcurrency };
    case 'stage':
    case 'settle':
      return { ...ids, hosts: decision.hosts };
    case 'bake':
    case 'wait':
      return { ...ids, seconds: decision.seconds };
    case 'park':
    case 'continue':
    case 'finish':
      return ids;
  }
}

export const handler = toHandler('decide-next-wave', inputSchema, run);
