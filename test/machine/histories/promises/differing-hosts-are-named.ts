import { stableRelease, type TargetState } from '../../../../core/target-state.ts';
import type { World } from '../../../fakes/world.ts';
import type { Setting } from '../history.ts';

/** Every host that is on runs the stable release, or `state.json` names it with what it runs. */
export function differingHostsAreNamed(world: World, { hosts }: Setting, state: TargetState): readonly string[] {
  const stable = stableRelease(state)?.releaseId;
  return [...hosts].flatMap((name) => {
    const { running, isPoweredOn } = world.target.fleet.host(world.idOf(name)).state();
    const named = state.differing[world.idOf(name)];
    if (!isPoweredOn || running === stable) return [];
    if (named === undefined) return [`${name} runs ${running}, ${stable} is stable, and state.json does not name it`];
    return named.runs === null || named.runs === running
      ? []
      : [`${name} runs ${running}, and state.json says that it runs ${named.runs}`];
  });
}
