import { keys } from '../../../../ledger/keys.ts';
import type { World } from '../../../fakes/world.ts';
import type { Chronicle } from '../chronicle.ts';

/** Four hosts at most, one after another, each put back twice, settled twice and verified after its bake: with room to spare. */
const maxRoundsOfHistory = 60;
/** The first execution, and the repairs of one that died again and again. */
const maxExecutionsOfDeployment = 8;

/** No deployment takes more decisions or more executions than it can need. */
export function roundsAreBounded({ bucket }: World, { requests, states }: Chronicle): readonly string[] {
  return [...requests.keys()].flatMap((id) => {
    const prefix = `${keys.deployment('payment', id)}decisions/`;
    const rounds = bucket.keys().filter((key) => key.startsWith(prefix)).length;
    const locks = states.map(({ state }) => state.lock).filter((lock) => lock?.deploymentId === id);
    const executions = new Set(locks.map((lock) => lock?.executionArn)).size;
    return [
      ...(rounds > maxRoundsOfHistory ? [`${id} took ${rounds} rounds, more than ${maxRoundsOfHistory}`] : []),
      ...(executions > maxExecutionsOfDeployment
        ? [`${id} took ${executions} executions, more than ${maxExecutionsOfDeployment}`]
        : []),
    ];
  });
}
