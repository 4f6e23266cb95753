import type { Ports } from '../clients/ports.ts';
import type { DeploymentRecord } from '../core/model/deployment-record.ts';
import { readState } from '../ledger/lock/target-state.ts';
import { readDeployment } from '../ledger/rollout/deployment-history.ts';
import { CliError } from './cli-error.ts';

/** The deployment that is meant: the named one, else the one that has the lock; undefined where none has. */
export async function findSpokenTo(
  ports: Ports,
  deploymentId: string | undefined,
): Promise<DeploymentRecord | undefined> {
  const id = deploymentId ?? (await readState(ports)).lock?.deploymentId;
  if (id === undefined) {
    return undefined;
  }
  const record = await readDeployment(ports, id);
  if (record === undefined) {
    throw new CliError(`there is no deployment ${id}`, 'rollgate history', 2);
  }
  return record;
}

/** The deployment that is meant, where it runs or waits. Throws CliError where nothing does, or it has ended. */
export async function requireSpokenTo(
  ports: Ports,
  verb: string,
  deploymentId: string | undefined,
): Promise<DeploymentRecord> {
  const record = await findSpokenTo(ports, deploymentId);
  if (record === undefined) {
    throw new CliError(`no deployment is running, so there is nothing to ${verb}`, 'rollgate history', 2);
  }
  if (record.outcome !== null) {
    throw new CliError(`${record.deploymentId} has ended: ${record.outcome.status}`, 'rollgate history', 2);
  }
  return record;
}
