import { DescribeExecutionCommand, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import type { Ports } from '../../../clients/ports.ts';
import type { DeploymentOutcome } from '../../../core/model/deployment-records.ts';
import { deploymentIdOf } from '../../../ledger/keys.ts';
import { readOutcome } from '../../../ledger/rollout/deployments.ts';
import { until } from '../local-stage.ts';

/** How the emulator and the ledger say that an execution ended. */
export interface EndedExecution {
  readonly deploymentId: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly outcome: DeploymentOutcome;
  /** The states that it entered, in order, as the execution's history names them. */
  readonly visited: readonly string[];
}

const endSeconds = 300;

/** Waits until an execution has ended; its record. Throws with the error where it left no outcome. */
export async function ended(executionArn: string, sfn: SFNClient, ports: Ports): Promise<EndedExecution> {
  const describe = () => sfn.send(new DescribeExecutionCommand({ executionArn }));
  await until(async () => (await describe()).status !== 'RUNNING', `the end of ${executionArn}`, endSeconds);
  const { startDate, status = '', error, cause } = await describe();
  const deploymentId = deploymentIdOf(executionArn, (startDate ?? new Date(0)).toISOString());
  const outcome = await readOutcome(ports, deploymentId);
  if (outcome === undefined) throw new Error(`${deploymentId} has no outcome: ${status} ${error} ${cause}`);
  return { deploymentId, status, error, outcome, visited: await visitedStates(executionArn, sfn) };
}

async function visitedStates(executionArn: string, client: SFNClient): Promise<readonly string[]> {
  const visited: string[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn })) {
    for (const { stateEnteredEventDetails } of page.events ?? []) {
      if (stateEnteredEventDetails?.name !== undefined) visited.push(stateEnteredEventDetails.name);
    }
  }
  return visited;
}
