import type { Ports } from '../../clients/ports.ts';
import type { HostAction } from '../../core/model/statuses.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { interrupts, mayBeInterrupted } from '../../core/operator/interrupts.ts';
import { shouldDefer } from '../../core/rollout/decide/should-defer.ts';
import { readStoppingWords } from '../../ledger/operator/requests.ts';
import { type PlannedDeployment, readFacts } from '../../ledger/rollout/deployments.ts';
import { withAlarms } from '../alarms/look-at-alarms.ts';

interface AskedStep {
  readonly action: HostAction;
  readonly deploymentId: string;
  readonly instanceId: string;
  readonly round: number;
  /** It was sent before, or may have been. */
  readonly isSentAgain: boolean;
}

/**
 * Asked before each send, also the second one. What switches a host is weighed against all that is known; what may be
 * ended at any time only waits for no word.
 */
export async function isHeldBack(
  ports: Ports,
  deployment: PlannedDeployment,
  lock: Lock,
  step: AskedStep,
): Promise<boolean> {
  const { action, deploymentId, instanceId } = step;
  if (mayBeInterrupted(action)) {
    return interrupts({ action, instanceId }, await readStoppingWords(ports, deploymentId)) !== null;
  }
  if (action !== 'activate' && action !== 'revert') {
    return false;
  }
  const { executionArn, purpose } = lock;
  const facts = await readFacts(ports, deployment, { executionArn, isRepair: purpose === 'repair', error: null });
  // One look: the step must be over before the heartbeat of its state.
  return shouldDefer(action === 'activate' ? await withAlarms(ports, facts, []) : facts, step);
}
