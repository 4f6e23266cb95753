import { expect, test } from 'vitest';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenUpgrade } from '../given-machine.ts';

describeMachine('an update of the stack in the middle of a rollout', () => {
  test('goes on with the steps that the version before recorded, and sends none of their commands again', async () => {
    const world = await givenUpgrade();
    const older = updateAtGate(world, 2);

    const story = await world.deploy();

    expect(older()).toBe(6);
    expect(story.end).toBe('Succeeded');
    expect(world.sent()).toEqual([
      ...['install a', 'install b', 'install c'],
      ...['activate a', 'verify a', 'activate b', 'verify b', 'activate c', 'verify c'],
    ]);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('puts back the hosts that the version before had switched', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');
    const older = updateAtGate(world, 2);

    const story = await world.deploy();

    expect(older()).toBe(6);
    expect(story.end).toBe('RolledBack');
    expect(world.sent().slice(-4)).toEqual(['revert b', 'verifyRevert b', 'revert a', 'verifyRevert a']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });
});

/** Until the gate of this host begins, counted from 1, the version before records the steps; returns how many it recorded. */
function updateAtGate(world: World, host: number): () => number {
  let gates = 0;
  let steps = 0;
  world.onTransition(({ transition, visit }) => {
    if (transition === 'entered' && visit.state === 'HealthGate') gates += 1;
  });
  world.onWritten((key) => {
    if (gates < host && world.givenOlderOutcome(key)) steps += 1;
  });
  return () => steps;
}
