import { historyView, releasesView } from '../../core/views/history-view.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readRecords } from '../../ledger/operator/requests.ts';
import { listReleases, readRelease } from '../../ledger/release/releases.ts';
import { readHistory } from '../../ledger/rollout/deployment-history.ts';
import { printJson, printLines } from '../print.ts';
import { renderHistory, renderReleases } from '../render/render-lists.ts';
import { styleOf } from '../render/style.ts';
import type { CommonOptions, World } from '../world.ts';

export interface HistoryOptions extends CommonOptions {
  readonly limit: number;
}

/** `rollgate history`: the deployments, newest first. */
export async function history(world: World, options: HistoryOptions): Promise<number> {
  const ports = await world.connect(options);
  const [state, deployments] = await Promise.all([readState(ports), readHistory(ports, options.limit)]);
  const words = await readRecords(
    ports,
    deployments.map((each) => each.deploymentId),
  );
  const view = historyView({ stage: ports.stage, state, deployments, words, nowMilliseconds: ports.clock.now() });
  if (options.json) {
    printJson(world.stdout, view);
  } else {
    printLines(world.stdout, renderHistory(view, styleOf(world.stdout)));
  }
  return 0;
}

/** `rollgate releases`: what there is to deploy or to go back to, and which is stable. */
export async function releases(world: World, options: CommonOptions): Promise<number> {
  const ports = await world.connect(options);
  const [state, numbers] = await Promise.all([readState(ports), listReleases(ports)]);
  const stored = await Promise.all(numbers.map((number) => readRelease(ports, number)));
  const view = releasesView({ stage: ports.stage, state, manifests: stored.map((each) => each.manifest) });
  if (options.json) {
    printJson(world.stdout, view);
  } else {
    printLines(world.stdout, renderReleases(view, styleOf(world.stdout)));
  }
  return 0;
}
