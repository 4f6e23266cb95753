import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/admission/execution-names.ts';

/** Repairs that may die before they take over from one dead execution; after that a person must look. */
const maxAttempts = 20;

/**
 * Starts the repair of what a dead execution left. While one runs, a second start changes nothing; one that ended and yet
 * left the dead execution in its place did not take over, so it is tried once more under the next name.
 */
export async function startRepair(
  ports: Pick<Ports, 'executions'>,
  deploymentId: string,
  deadExecutionArn: string,
): Promise<void> {
  const input = { repair: deploymentId, reason: 'its execution ended without an end state' };
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const name = executionNames.ofRepair(deploymentId, deadExecutionArn, attempt);
    const { kind, executionArn } = await ports.executions.start(name, input);
    if (kind === 'started' || !(await hasEnded(ports, executionArn))) {
      return;
    }
  }
}

/** Whether an execution is known to have ended; one that Step Functions does not know is unknown, not dead. */
export async function hasEnded(ports: Pick<Ports, 'executions'>, executionArn: string): Promise<boolean> {
  const info = await ports.executions.describe(executionArn);
  return info !== undefined && info.status !== 'RUNNING';
}
