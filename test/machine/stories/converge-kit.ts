import type { Convergence } from '../../../core/model/convergence.ts';
import { keys } from '../../../ledger/keys.ts';
import type { World } from '../../fakes/world.ts';

export function convergence(world: World): Convergence {
  return world.bucket.json(keys.convergence('payment')) as Convergence;
}

/** Inputs of the executions that were started to converge hosts: the names of the hosts. */
export async function converged(world: World): Promise<readonly string[]> {
  const inputs = (await world.all()).map((info) => JSON.parse(info.input) as { readonly converge?: readonly string[] });
  return inputs.flatMap(({ converge }) => (converge === undefined ? [] : [converge.map(nameOf).join(' ')]));
}

function nameOf(instanceId: string): string {
  return instanceId.replace(/^i-0*/, '');
}

/** So many five-minute sweeps, and what they start to its end. */
export async function sweeps(world: World, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await world.pass(300);
    await world.sweep();
    await world.rest();
  }
}

/** Hosts appear at once, and half a minute later SSM has all of them. */
export async function appearTogether(world: World, names: string): Promise<void> {
  for (const name of names) world.target.givenUnregistered(name);
  for (const name of names) world.appear(name);
  await world.pass(30);
  for (const name of names) world.target.givenUnregistered(name, false);
}
