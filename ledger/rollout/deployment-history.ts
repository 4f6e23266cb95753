import type { Ports } from '../../clients/ports.ts';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import type { AdmittedDeployment, DeploymentOutcome } from '../../core/model/deployment-records.ts';
import { readState } from '../lock/target-state.ts';
import { readRecord } from '../operator/requests.ts';
import { listDeployments, readAdmitted, readDecisions, readOutcome, readPlan } from './deployments.ts';
import { readHosts } from './host-steps.ts';

type LedgerPorts = Pick<Ports, 'stage' | 'ledger' | 'clock'>;

/**
 * All that there is of one deployment; undefined where the ledger holds nothing of it. With an end comes all that was
 * written before it; without one, the lock is still as it was before the end.
 */
export async function readDeployment(ports: LedgerPorts, deploymentId: string): Promise<DeploymentRecord | undefined> {
  const known = await readOutcome(ports, deploymentId);
  const parts = await readParts(ports, deploymentId);
  const outcome = known ?? (await readOutcome(ports, deploymentId));
  if (parts.admitted === null && outcome === undefined) {
    return undefined;
  }
  const isNew = known === undefined && outcome !== undefined;
  return {
    stage: ports.stage,
    deploymentId,
    // It ended while it was read: its last steps and decisions may have come after they were looked for.
    ...(isNew ? await readParts(ports, deploymentId) : parts),
    outcome: outcome ?? null,
    nowMilliseconds: ports.clock.now(),
  };
}

async function readParts(
  ports: LedgerPorts,
  deploymentId: string,
): Promise<Omit<DeploymentRecord, 'stage' | 'deploymentId' | 'outcome' | 'nowMilliseconds'>> {
  const [admitted, plan, { steps, errors }, decisions, words, state] = await Promise.all([
    readAdmitted(ports, deploymentId),
    readPlan(ports, deploymentId),
    readHosts(ports, deploymentId),
    readDecisions(ports, deploymentId),
    readRecord(ports, deploymentId),
    readState(ports),
  ]);
  const waiting = state.queue.find((entry) => entry.deploymentId === deploymentId);
  return {
    admitted: admitted ?? null,
    plan: plan ?? null,
    steps,
    errors,
    decisions,
    words,
    lock: state.lock,
    isQueued: waiting !== undefined,
    supersedes: plan?.supersedes ?? waiting?.supersedes ?? [],
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
