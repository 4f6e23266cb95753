import { stableRelease, type TargetState } from '../../../../core/model/target-state.ts';
import type { World } from '../../../fakes/world.ts';
import type { Chronicle } from '../chronicle.ts';
import type { Setting } from '../history.ts';

/** Every host that is on and that nobody left out runs the stable release, or `state.json` names it with what it runs. */
export function differingHostsAreNamed(
  world: World,
  { hosts }: Setting,
  state: TargetState,
  { ends }: Chronicle,
): readonly string[] {
  const stable = stableRelease(state)?.releaseId;
  return [...hosts].flatMap((name) => {
    const { running, isPoweredOn } = world.target.fleet.host(world.idOf(name)).state();
    const named = state.differing[world.idOf(name)];
    const wasLeftOut = ends.some(({ outcome }) =>
      outcome.hosts.some((host) => host.name === name && host.status === 'skipped'),
    );
    if (!isPoweredOn || wasLeftOut || running === stable) return [];
    if (named === undefined) return [`${name} runs ${running}, ${stable} is stable, and state.json does not name it`];
    return named.runs === null || named.runs === running
      ? []
      : [`${name} runs ${running}, and state.json says that it runs ${named.runs}`];
  });
}
