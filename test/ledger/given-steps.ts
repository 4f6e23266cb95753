import type { Step } from '../../core/model/deployment-records.ts';
import type { StepAction } from '../../core/model/statuses.ts';
import { writeIntent, writeOutcome, writeSent } from '../../ledger/rollout/host-steps.ts';
import type { LedgerPorts } from './ledger-bench.ts';

export const deploymentId = 'd-20261122-204500-1a2b3c';

export function stepOf(instanceId: string, action: StepAction, attempt = 1): Step {
  const own = { instanceId, action, attempt, round: 1, fence: 10 };
  const name = `${instanceId} ${action} ${attempt}`;
  return {
    intent: { ...own, key: `key of ${name}`, at: 'then', deadlineMilliseconds: 1, comment: `comment of ${name}` },
    commandId: `command of ${name}`,
    outcome: {
      ...own,
      status: 'done',
      at: 'later',
      commandId: `command of ${name}`,
      report: null,
      diagnosis: null,
      isRetryable: false,
    },
  };
}

export async function keepStep(ports: LedgerPorts, id: string, step: Step): Promise<void> {
  await writeIntent(ports, id, step.intent);
  if (step.commandId !== null) await writeSent(ports, id, step.intent, step.commandId);
  if (step.outcome !== null) await writeOutcome(ports, id, step.intent, step.outcome);
}

/** What a record has where it is complete. */
export function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error('the record has no such part');
  return value;
}
