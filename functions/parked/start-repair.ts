import type { Ports } from '../../clients/ports.ts';
import { executionNames } from '../../core/execution-names.ts';

/** Starts the repair of what a dead execution left; a second start of the same repair changes nothing. */
export async function startRepair(
  ports: Pick<Ports, 'executions'>,
  deploymentId: string,
  deadExecutionArn: string,
): Promise<void> {
  const name = executionNames.ofRepair(deploymentId, deadExecutionArn);
  await ports.executions.start(name, { repair: deploymentId, reason: 'its execution ended without an end state' });
}
