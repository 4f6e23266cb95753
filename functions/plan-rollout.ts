import { z } from 'zod';
import type { Ports } from '../clients/ports.ts';
import type { AdmittedDeployment } from '../core/deployment-records.ts';
import { InvalidDeploymentError } from '../core/errors.ts';
import { readAdmitted, writePlan } from '../ledger/deployments.ts';
import { findTarget } from '../ledger/find-target.ts';
import { readServiceConfig } from '../ledger/service-config.ts';
import { readState, requireLock } from '../ledger/target-state.ts';
import { toHandler } from './runtime/handler.ts';

const inputSchema = z.object({
  executionArn: z.string(),
  state: z.object({ deploymentId: z.string(), fence: z.number().optional() }),
});

/** What Stage goes on with. */
export interface Planned {
  readonly deploymentId: string;
  readonly fence: number;
  readonly round: number;
  /** Instance ids to stage; none in a dry run. */
  readonly hosts: readonly string[];
}

/**
 * Reads the tagged hosts once, applies the policy for offline hosts, and pins the versions of the documents for this
 * deployment. Throws InvalidDeploymentError where the target is not as it must be, and LockLostError.
 */
export async function run({ executionArn, state }: z.output<typeof inputSchema>, ports: Ports): Promise<Planned> {
  const { deploymentId } = state;
  const admitted = await readAdmitted(ports, deploymentId);
  if (admitted === undefined) {
    throw new InvalidDeploymentError(`${deploymentId} was never admitted; start a new execution`);
  }
  if (!admitted.isDryRun) {
    requireLock(await readState(ports), { deploymentId, executionArn });
  }
  const config = await readServiceConfig(ports);
  const target = await findTarget(ports, config, await namedHosts(admitted, ports));
  const plan = await writePlan(ports, deploymentId, {
    ...target,
    policy: config.rollout,
    secondsPerHost: config.health.deadlineSeconds + 2 * config.unit.stopSeconds,
    documents: await ports.commands.documents(),
    plannedAt: new Date(ports.clock.now()).toISOString(),
  });
  const hosts = admitted.isDryRun ? [] : plan.hosts.map((host) => host.instanceId);
  return { deploymentId, fence: state.fence ?? 0, round: 0, hosts };
}

/**
 * The hosts that the request names; undefined for the whole target. A resume goes to the hosts of the deployment that it
 * resumes, all of them: those that run the release already are only verified, and `stable` moves when all passed.
 */
async function namedHosts({ request }: AdmittedDeployment, ports: Ports): Promise<readonly string[] | undefined> {
  if (request.kind !== 'resume') {
    return 'hosts' in request ? request.hosts : undefined;
  }
  const resumed = await readAdmitted(ports, request.deploymentId);
  return resumed === undefined ? undefined : namedHosts(resumed, ports);
}

export const handler = toHandler('plan-rollout', inputSchema, run);
