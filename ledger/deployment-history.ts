import type { Ports } from '../clients/ports.ts';
import type { AdmittedDeployment, DeploymentOutcome } from '../core/deployment-records.ts';
import type { DeploymentRecord } from '../core/views/deployment-view.ts';
import { readRecord } from './controls.ts';
import { listDeployments, readAdmitted, readDecisions, readOutcome, readPlan } from './deployments.ts';
import { readSteps } from './host-steps.ts';
import { readState } from './target-state.ts';

type LedgerPorts = Pick<Ports, 'stage' | 'ledger' | 'clock'>;

/** All that there is of one deployment; undefined where the ledger holds nothing of it. */
export async function readDeployment(ports: LedgerPorts, deploymentId: string): Promise<DeploymentRecord | undefined> {
  const [admitted, plan, steps, decisions, words, state] = await Promise.all([
    readAdmitted(ports, deploymentId),
    readPlan(ports, deploymentId),
    readSteps(ports, deploymentId),
    readDecisions(ports, deploymentId),
    readRecord(ports, deploymentId),
    readState(ports),
  ]);
  // Read last: where there is an end, all that came before it has been read.
  const outcome = await readOutcome(ports, deploymentId);
  if (admitted === undefined && outcome === undefined) {
    return undefined;
  }
  return {
    stage: ports.stage,
    deploymentId,
    admitted: admitted ?? null,
    plan: plan ?? null,
    steps,
    decisions,
    words,
    outcome: outcome ?? null,
    lock: state.lock,
    isQueued: state.queue.some((entry) => entry.deploymentId === deploymentId),
    nowMilliseconds: ports.clock.now(),
  };
}

/** Request and end of the newest deployments, newest first. */
export async function readHistory(
  ports: LedgerPorts,
  limit: number,
): Promise<
  readonly {
    readonly deploymentId: string;
    readonly admitted: AdmittedDeployment | null;
    readonly outcome: DeploymentOutcome | null;
  }[]
> {
  // Ids begin with date and time in UTC: the order of the keys is the order of time.
  const newest = (await listDeployments(ports)).toReversed().slice(0, limit);
  return Promise.all(
    newest.map(async (deploymentId) => ({
      deploymentId,
      admitted: (await readAdmitted(ports, deploymentId)) ?? null,
      outcome: (await readOutcome(ports, deploymentId)) ?? null,
    })),
  );
}
