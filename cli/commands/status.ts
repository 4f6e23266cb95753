import type { Ports } from '../../clients/ports.ts';
import { targetTags } from '../../core/model/service-config.ts';
import type { TargetState } from '../../core/model/target-state.ts';
import { type DeploymentView, deploymentView } from '../../core/views/deployment-view.ts';
import { type TargetHostView, targetView } from '../../core/views/target-view.ts';
import { readConvergence } from '../../ledger/converge/convergence.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readDeployment, readHistory } from '../../ledger/rollout/deployment-history.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { followToExit } from '../follow-to-exit.ts';
import { asTyped, printJson, printLines } from '../print.ts';
import { renderDeployment } from '../render/render-deployment.ts';
import { renderTarget } from '../render/render-lists.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

export interface StatusOptions extends CommonOptions {
  readonly watch: boolean;
}

/**
 * `rollgate status`: the target and its running (else its last) deployment, or one deployment. With `--watch` it follows
 * what runs to its end and exits with the code of that.
 */
export async function status(world: World, typed: string | undefined, options: StatusOptions): Promise<number> {
  const deploymentId = deploymentArgument(typed);
  const ports = await world.connect(options);
  const state = await readState(ports);
  const id = deploymentId ?? (await currentDeployment(ports, state));
  const record = id === undefined ? undefined : await readDeployment(ports, id);
  if (deploymentId !== undefined && record === undefined) {
    throw new CliError(`there is no deployment ${deploymentId}`, 'rollgate history', 2);
  }
  if (options.watch && record !== undefined && record.outcome === null && record.admitted !== null) {
    const target = { deploymentId: record.deploymentId, executionArn: record.admitted.executionArn };
    return followToExit(world, ports, target, options, 'rollgate history');
  }
  const view = record === undefined ? null : deploymentView(record);
  if (deploymentId !== undefined && view !== null) {
    showDeployment(world, view, options);
    return 0;
  }
  const convergence = await readConvergence(ports);
  const target = targetView({ stage: ports.stage, state, convergence, hosts: await targetHosts(ports) });
  if (options.json) {
    printJson(world.stdout, { target, deployment: view });
    return 0;
  }
  const style = styleOf(world.stdout);
  printLines(
    world.stdout,
    renderTarget(target, style).map((line) => asTyped(line, world)),
  );
  printLines(world.stdout, view === null ? ['', 'no deployments yet'] : ['', ...renderDeployment(view, style)]);
  if (options.watch) {
    printLines(world.stderr, ['nothing is running']);
  }
  return 0;
}

function showDeployment(world: World, view: DeploymentView, options: CommonOptions): void {
  if (options.json) {
    printJson(world.stdout, view);
  } else {
    printLines(world.stdout, renderDeployment(view, styleOf(world.stdout)));
  }
}

/** The one that holds the lock, else the first that waits, else the last. */
async function currentDeployment(ports: Ports, state: TargetState): Promise<string | undefined> {
  return state.lock?.deploymentId ?? state.queue[0]?.deploymentId ?? (await readHistory(ports, 1))[0]?.deploymentId;
}

/** The hosts of the target as the inventory shows them; none where no configuration was published yet. */
async function targetHosts(ports: Ports): Promise<readonly TargetHostView[]> {
  // The schema of a configuration takes as long to load as all the rest: after the first questions, not before them.
  const { readServiceConfig } = await import('../../ledger/config/service-config.ts');
  try {
    return await ports.inventory.hosts(targetTags(await readServiceConfig(ports), ports.stage.name));
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidDeploymentError') {
      return [];
    }
    throw error;
  }
}
