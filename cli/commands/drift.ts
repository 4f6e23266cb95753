import type { Host, Ports } from '../../clients/ports.ts';
import { tagText } from '../../core/config/resolve-environment.ts';
import { type DriftView, driftView } from '../../core/drift/drift-view.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { targetTags } from '../../core/model/service-config.ts';
import { readServiceConfig } from '../../ledger/config/service-config.ts';
import { readConvergence } from '../../ledger/converge/convergence.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { interruptedExitCode } from '../follow-to-exit.ts';
import { inspectHosts } from '../inspect-hosts.ts';
import { createLiveScreen } from '../live-screen.ts';
import { nextLine, printJson, printLines } from '../print.ts';
import { renderDrift } from '../render/render-drift.ts';
import { styleOf } from '../render/style.ts';
import { withNext } from '../report-error.ts';
import type { CommonOptions, World } from '../world.ts';

export interface DriftOptions extends CommonOptions {
  readonly hosts?: readonly string[];
}

/** Something differs; a host could not be asked. */
const driftedExitCode = 1;
const silentExitCode = 2;

/**
 * `rollgate drift`: asks every host what it runs and what of it was changed by hand, and compares that with the ledger.
 * Changes nothing, waits for nobody, and repairs nothing.
 */
export async function drift(world: World, options: DriftOptions): Promise<number> {
  const ports = await world.connect(options);
  const hosts = await withNext('rollgate status', () => hostsToAsk(ports, options.hosts));
  const before = await readState(ports);
  const progress = progressOf(world, options);
  const inspected = await inspectHosts(world, ports, hosts, progress.told);
  progress.end();
  if (inspected === undefined) {
    printLines(world.stderr, ['stopped asking; nothing was changed', nextLine('rollgate drift', world)]);
    return interruptedExitCode;
  }
  // What has ended since is known now, and a deployment that ran when a host was asked may be what differs on it.
  const [after, convergence] = await Promise.all([readState(ports), readConvergence(ports)]);
  const view = driftView({
    stage: ports.stage,
    convergence,
    state: { ...after, lock: after.lock ?? before.lock },
    hosts: inspected.map(({ host: { instanceId, name, isSimulated }, answer }) => ({
      instanceId,
      name,
      isSimulated,
      answer,
    })),
  });
  if (options.json) {
    printJson(world.stdout, view);
  } else {
    printLines(world.stdout, renderDrift(view, world, styleOf(world.stdout)));
  }
  return exitCodeOf(view);
}

function exitCodeOf({ counts }: DriftView): number {
  if (counts.drifted > 0) {
    return driftedExitCode;
  }
  return counts.silent > 0 ? silentExitCode : 0;
}

/** All hosts of the target, or those that are named; hosts that are offline too. Throws InvalidDeploymentError. */
async function hostsToAsk(ports: Ports, named: readonly string[] | undefined): Promise<readonly Host[]> {
  const tags = targetTags(await readServiceConfig(ports), ports.stage.name);
  const found = await ports.inventory.hosts(tags);
  if (found.length === 0) {
    throw new InvalidDeploymentError(`target: no instance carries the tags ${tagText(tags)}`);
  }
  const strangers = (named ?? []).filter((id) => !found.some((host) => host.instanceId === id));
  if (strangers.length > 0) {
    const known = found.map((host) => `${host.instanceId} (${host.name})`).join(', ');
    throw new InvalidDeploymentError(
      strangers.map((id) => `hosts: ${id} does not carry the tags ${tagText(tags)}; the target is ${known}`),
    );
  }
  return named === undefined ? found : found.filter((host) => named.includes(host.instanceId));
}

/** One line that is drawn again on a terminal; in a log one line for each answer. */
function progressOf(world: World, { json }: CommonOptions) {
  if (json) {
    return { told: () => undefined, end: () => undefined };
  }
  const line = (answered: number, of: number): string => `asking the hosts: ${answered} of ${of} have answered`;
  if (!world.stdout.isTerminal) {
    return {
      told: (answered: number, of: number) => printLines(world.stdout, [line(answered, of)]),
      end: () => printLines(world.stdout, ['']),
    };
  }
  const screen = createLiveScreen(world.stdout);
  return { told: (answered: number, of: number) => screen.draw([line(answered, of)]), end: () => screen.end([]) };
}
