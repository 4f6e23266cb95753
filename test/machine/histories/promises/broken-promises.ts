import type { World } from '../../../fakes/world.ts';
import type { Chronicle } from '../chronicle.ts';
import type { Setting } from '../history.ts';
import { differingHostsAreNamed } from './differing-hosts-are-named.ts';
import { endsAreTrue } from './ends-are-true.ts';
import { everyRequestEnds } from './every-request-ends.ts';
import { executionsAreOver } from './executions-are-over.ts';
import { lockIsFree } from './lock-is-free.ts';
import { onlyTheHolderSwitches } from './only-the-holder-switches.ts';
import { roundsAreBounded } from './rounds-are-bounded.ts';
import { stableHasSucceeded } from './stable-has-succeeded.ts';
import { uploadsKeepTheirOrder } from './uploads-keep-their-order.ts';

/** What Rollgate promises of every history, each broken promise in a sentence. */
export async function brokenPromises(world: World, setting: Setting, chronicle: Chronicle): Promise<readonly string[]> {
  return [
    ...lockIsFree(await world.state()),
    ...executionsAreOver(await world.all()),
    ...everyRequestEnds(chronicle),
    ...endsAreTrue(world, chronicle),
    ...world.target.violations().map((sentence) => `more hosts were down than maxUnavailable allows: ${sentence}`),
    ...stableHasSucceeded(await world.state(), setting, chronicle),
    ...differingHostsAreNamed(world, setting, await world.state(), chronicle),
    ...uploadsKeepTheirOrder(await world.artifacts.versions(), chronicle),
    ...roundsAreBounded(world, chronicle),
    ...onlyTheHolderSwitches(chronicle),
  ];
}
