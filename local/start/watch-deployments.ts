import { followDeployment } from '../../cli/follow-deployment.ts';
import { progressFor } from '../../cli/progress.ts';
import type { World } from '../../cli/world.ts';
import type { Ports } from '../../clients/ports.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readAdmitted, readOutcome } from '../../ledger/rollout/deployments.ts';

/** How often it is looked for a new deployment. */
const lookMilliseconds = 500;

/** Shows every deployment that takes the lock from now on, one after another, until `signal`. */
export async function watchDeployments(
  world: Pick<World, 'stdout' | 'sleep' | 'onInterrupt'>,
  ports: Ports,
  lastShown: string,
  signal: AbortSignal,
): Promise<void> {
  let shown = lastShown;
  while (!signal.aborted) {
    const deploymentId = (await readState(ports)).lock?.deploymentId;
    if (deploymentId !== undefined && deploymentId !== shown && (await isOpen(ports, deploymentId))) {
      shown = deploymentId;
      const admitted = await readAdmitted(ports, deploymentId);
      const progress = progressFor(world.stdout, false);
      const target = { deploymentId, executionArn: admitted?.executionArn ?? '' };
      const end = await followDeployment(world, ports, target, progress);
      progress.finish(end.view);
    }
    await world.sleep(lookMilliseconds);
  }
}

async function isOpen(ports: Ports, deploymentId: string): Promise<boolean> {
  return (await readOutcome(ports, deploymentId)) === undefined;
}
