import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { documentedTable } from '../../documented-table.ts';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine } from '../given-machine.ts';

/** What the first column of the table says, done. */
const befores: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'v2 is stable, v3 was deployed to a alone': async (world) => {
    await world.givenStable(1, 2);
    await deployToA(world, 3);
  },
  'v2 is stable, v3 was deployed to a alone, and one rollback has succeeded': async (world) => {
    await world.givenStable(1, 2);
    await deployToA(world, 3);
    expect((await world.deploy({ rollback: true })).end).toBe('Succeeded');
  },
  'v2 is stable, v3 failed on a and was put back, and `retry` put v3 on a alone': async (world) => {
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'http-failed');
    const failed = await world.deploy();
    expect(failed.end).toBe('RolledBack');
    expect((await world.deploy({ retry: failed.deploymentId })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v3', 'b v2', 'c v2']);
  },
  'v2 is stable, v3 ended `FailedDirty` on a, and the printed repair command put v2 on a': async (world) => {
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'http-failed');
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed', 2);
    const failed = await world.deploy();
    expect(failed.end).toBe('FailedDirty');
    const repair = failed.outcome?.hosts.find(({ name }) => name === 'a')?.repair;
    expect(repair).toBe(`rollgate deploy --release v2 --hosts ${world.idOf('a')}`);
    expect((await world.deploy({ release: 'v2', hosts: [world.idOf('a')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  },
  'v2 is stable and no host differs': (world) => world.givenStable(1, 2),
  'v2 is stable, no host differs, and one rollback has succeeded': async (world) => {
    await world.givenStable(1, 2);
    expect((await world.deploy({ rollback: true })).end).toBe('Succeeded');
  },
  'v1 is stable, nothing was stable before it, v2 was deployed to a alone': async (world) => {
    await world.givenStable(1);
    await deployToA(world, 2);
  },
  'only v0 was there before, v1 was deployed to a alone': (world) => deployToA(world, 1),
};

/** What the second column says, looked for. */
const rollbacks: Readonly<Record<string, (world: World) => Promise<void>>> = {
  'a goes back to v2; b and c are only verified; v2 stays stable': async (world) => {
    const untouched = startsOf(world, 'bc');
    await expectAllOn(world, 2);
    expect(startsOf(world, 'bc')).toEqual(untouched);
  },
  'a goes back to v1': (world) => expectAllOn(world, 1),
  'every host goes back to v1': (world) => expectAllOn(world, 1),
  'every host goes back to v1, as if v3 had never been': (world) => expectAllOn(world, 1),
  'it is refused until you name a release': async (world) => {
    const before = world.target.running();
    const story = await world.deploy({ rollback: true });
    expect(story.error).toBe('InvalidDeploymentError');
    expect(story.cause).toContain('name the release to go to');
    expect(world.target.running()).toEqual(before);
  },
  'it is refused: no release is stable yet': async (world) => {
    const story = await world.deploy({ rollback: true });
    expect(story.error).toBe('InvalidDeploymentError');
    expect(story.cause).toContain('no release has succeeded on the whole target yet');
    expect(world.target.running()).toEqual(['a v1', 'b v0', 'c v0']);
  },
};

describeMachine('the table of rollbacks in the operating guide', () => {
  const rows = documentedTable('docs/operating.md', 'Going back');

  test('has exactly the rows that are tried here', () => {
    expect(rows.map(([before]) => before)).toEqual(Object.keys(befores));
  });

  test.each(rows)('%s: %s', async (before = '', rollback = '') => {
    const world = await givenMachine();
    await befores[before]?.(world);

    const look = rollbacks[rollback];
    expect(look).toBeDefined();
    await look?.(world);
  });
});

async function deployToA(world: World, release: number): Promise<void> {
  await world.givenUpload(release);
  expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('Succeeded');
}

async function expectAllOn(world: World, release: number): Promise<void> {
  const story = await world.deploy({ rollback: true });
  expect(story.end).toBe('Succeeded');
  expect(world.target.running()).toEqual(['a', 'b', 'c'].map((name) => `${name} v${release}`));
  const state = await world.state();
  expect(stableRelease(state)).toMatchObject({ release, isRollback: true });
  expect(state.differing).toEqual({});
}

/** When the service of each host was started last, ms. */
function startsOf(world: World, names: string): readonly number[] {
  return [...names].map((name) => world.target.fleet.host(world.idOf(name)).state().startedAt);
}
