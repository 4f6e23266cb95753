import type { Ports } from '../../clients/ports.ts';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import { type ExplainedHost, type ExplainView, explainView } from '../../core/views/explain-view.ts';
import { readDeployment, readHistory } from '../../ledger/rollout/deployment-history.ts';
import { CliError } from '../cli-error.ts';
import { deploymentArgument } from '../deployment-argument.ts';
import { nextLine, printJson, printLines } from '../print.ts';
import { renderCauses, renderEvidence } from '../render/render-explain.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

/** How many deployments are looked at for the last one that failed. */
const lookBack = 50;

/**
 * `rollgate explain`: what failed on which host, what it means and what to do; with a host everything that was seen
 * there. Without a deployment the last one that did not end well.
 */
export async function explain(
  world: World,
  typed: string | undefined,
  typedHost: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const deploymentId = deploymentArgument(typed);
  const ports = await world.connect(options);
  const record = await findRecord(ports, deploymentId);
  const view = explainView(record);
  const host = typedHost === undefined ? undefined : hostNamed(view, typedHost);
  const style = styleOf(world.stdout);
  if (options.json) {
    printJson(world.stdout, host === undefined ? view : { ...view, hosts: [host] });
  } else if (host !== undefined) {
    printLines(world.stdout, renderEvidence(view, host, style));
  } else {
    const failed = view.hosts.find((each) => each.diagnosis !== null);
    printLines(world.stdout, renderCauses(view, style));
    if (failed !== undefined) {
      printLines(world.stdout, [nextLine(`rollgate explain ${view.deploymentId} ${failed.name}`, world)]);
    }
  }
  return 0;
}

function hostNamed({ hosts, deploymentId }: ExplainView, typed: string): ExplainedHost {
  const host = hosts.find(({ name, instanceId }) => name === typed || instanceId === typed);
  if (host === undefined) {
    const names = hosts.map((each) => each.name).join(', ');
    const has = names === '' ? 'it never came to have hosts' : `its hosts are ${names}`;
    throw new CliError(
      `host: ${JSON.stringify(typed)} is no host of ${deploymentId}; ${has}`,
      `rollgate explain ${deploymentId}`,
      2,
    );
  }
  return host;
}

async function findRecord(ports: Ports, deploymentId: string | undefined): Promise<DeploymentRecord> {
  const id = deploymentId ?? (await lastThatFailed(ports));
  const record = id === undefined ? undefined : await readDeployment(ports, id);
  if (record !== undefined) {
    return record;
  }
  throw deploymentId === undefined
    ? new CliError(`nothing failed among the last ${lookBack} deployments`, 'rollgate history', 2)
    : new CliError(`there is no deployment ${deploymentId}`, 'rollgate history', 2);
}

const endedWell: readonly string[] = ['Succeeded', 'Superseded'];

async function lastThatFailed(ports: Ports): Promise<string | undefined> {
  const history = await readHistory(ports, lookBack);
  return history.find(({ outcome }) => outcome !== null && !endedWell.includes(outcome.status))?.deploymentId;
}
