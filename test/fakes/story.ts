import type { ExecutionInfo } from '../../clients/ports.ts';
import type { DeploymentOutcome } from '../../core/model/deployment-records.ts';
import type { RecordedDecision } from '../../core/model/rollout-facts.ts';
import { deploymentIdOf, keys } from '../../ledger/keys.ts';
import type { LocalExecutions } from '../../local/state-machine/executions.ts';
import type { StateBucket } from './state-bucket.ts';
import { pathOf } from './visited-path.ts';

/** How one execution ended, and what it did. */
export interface Story {
  readonly executionArn: string;
  readonly deploymentId: string;
  readonly status: ExecutionInfo['status'];
  /** The last state of the execution. */
  readonly end: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** The states visited; Choice states are left out, hosts of a Map stand one per line. */
  readonly path: readonly string[];
  /** The end of the deployment in the ledger. */
  readonly outcome: DeploymentOutcome | undefined;
  readonly decisions: readonly RecordedDecision[];
}

export async function readStory(
  executions: LocalExecutions,
  bucket: StateBucket,
  executionArn: string,
): Promise<Story> {
  const info = await executions.describe(executionArn);
  if (info === undefined) throw new Error(`nobody knows ${executionArn}`);
  const visits = await executions.visits(executionArn);
  const input = JSON.parse(info.input) as { readonly repair?: string; readonly continue?: string };
  const deploymentId = input.repair ?? input.continue ?? deploymentIdOf(executionArn, info.startedAt);
  const decisions = bucket
    .keys()
    .filter((key) => key.startsWith(`${keys.deployment('payment', deploymentId)}decisions/`))
    .map((key) => bucket.json(key) as RecordedDecision);
  return {
    executionArn,
    deploymentId,
    status: info.status,
    end: visits.filter((visit) => visit.iteration.length === 0).at(-1)?.state ?? 'none',
    error: info.error,
    cause: info.cause,
    path: pathOf(visits),
    outcome: bucket.json(keys.outcome('payment', deploymentId)) as DeploymentOutcome | undefined,
    decisions,
  };
}
