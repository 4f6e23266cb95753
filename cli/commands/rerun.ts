import type { Ports } from '../../clients/ports.ts';
import type { AdmittedDeployment } from '../../core/deployment-records.ts';
import { rerunInput } from '../../core/rerun-input.ts';
import { readHistory } from '../../ledger/deployment-history.ts';
import { readAdmitted } from '../../ledger/deployments.ts';
import { CliError } from '../cli-error.ts';
import { followToExit } from '../follow-to-exit.ts';
import { withNext } from '../report-error.ts';
import { startExecution } from '../start-execution.ts';
import type { CommonOptions, World } from '../world.ts';

export interface RerunOptions extends CommonOptions {
  readonly reason?: string;
}

/** Deployments that are looked at for the last one that was admitted. */
const lookedAt = 50;

/** `rollgate rerun`: the same input again, as a new execution. */
export async function rerun(world: World, deploymentId: string | undefined, options: RerunOptions): Promise<number> {
  const ports = await world.connect(options.stage);
  const admitted = deploymentId === undefined ? await lastAdmitted(ports) : await namedDeployment(ports, deploymentId);
  const input = await withNext('rollgate history', () => rerunInput(admitted));
  const started = await startExecution(world, ports, 'rerun', {
    ...input,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  return followToExit(world, ports, started, options, 'rollgate history');
}

async function lastAdmitted(ports: Ports): Promise<AdmittedDeployment> {
  const newest = (await readHistory(ports, lookedAt)).find((entry) => entry.admitted !== null)?.admitted;
  if (newest === undefined || newest === null) {
    throw new CliError('there is no deployment to run again', 'rollgate deploy payment.zip', 2);
  }
  return newest;
}

async function namedDeployment(ports: Ports, deploymentId: string): Promise<AdmittedDeployment> {
  const admitted = await readAdmitted(ports, deploymentId);
  if (admitted === undefined) {
    throw new CliError(
      `${deploymentId}: there is no such deployment, or it was refused before it was admitted`,
      'rollgate history',
      2,
    );
  }
  return admitted;
}
