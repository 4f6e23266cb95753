import type { Ports } from '../../clients/ports.ts';
import { rerunInput } from '../../core/admission/rerun-input.ts';
import type { AdmittedDeployment } from '../../core/model/deployment-records.ts';
import { readHistory } from '../../ledger/rollout/deployment-history.ts';
import { readAdmitted } from '../../ledger/rollout/deployments.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { followToExit } from '../follow-to-exit.ts';
import { withNext } from '../report-error.ts';
import { startExecution } from '../start-execution.ts';
import type { CommonOptions, World } from '../world.ts';

export interface RerunOptions extends CommonOptions {
  readonly reason?: string;
}

/** Deployments that are looked at for the last one that was admitted. */
const lookedAt = 50;

/**
 * `rollgate rerun`: the same input again, as a new execution. Where none is named it is the last deployment that was
 * admitted to do something: a dry run is repeated only by its id.
 */
export async function rerun(world: World, typed: string | undefined, options: RerunOptions): Promise<number> {
  const deploymentId = deploymentArgument(typed);
  const ports = await world.connect(options);
  const admitted = deploymentId === undefined ? await lastAdmitted(ports) : await namedDeployment(ports, deploymentId);
  const input = await withNext('rollgate history', () => rerunInput(admitted));
  const started = await startExecution(
    world,
    ports,
    'rerun',
    {
      ...input,
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
    options,
  );
  return followToExit(world, ports, started, options, 'rollgate history');
}

async function lastAdmitted(ports: Ports): Promise<AdmittedDeployment> {
  for (const { admitted } of await readHistory(ports, lookedAt)) {
    if (admitted !== null && !admitted.isDryRun) {
      return admitted;
    }
  }
  throw new CliError('there is no deployment to run again', 'rollgate deploy payment.zip', 2);
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
