import { expect, test } from 'vitest';
import { describeMachine, expectTail, givenUpgrade, reverted } from '../given-machine.ts';

describeMachine('a host that is down and outside the plan', () => {
  test('counts in a revert too: while the first host does not come back, the second is not taken down', async () => {
    const world = await givenUpgrade({ hosts: 'abcd', rollout: { maxUnavailable: 2, waves: [1, '100%'] } });
    world.target.fleet.givenFault(world.idOf('d'), 'activate', 'offline-after');
    expect((await world.deploy({ hosts: [world.idOf('d')] })).end).toBe('FailedDirty');
    const sentBefore = world.sent().length;
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed');
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed');

    const story = await world.deploy({ hosts: [...'abc'].map(world.idOf) });

    expectTail(story.path, [
      ...[...reverted(1), 'NextWave'],
      ...['Revert', 'Revert 0: RevertHost NotReverted', 'Revert 1: RevertHost NotReverted', 'NextWave'],
      ...[...reverted(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    const reverts = world.sent().slice(sentBefore);
    expect(reverts.filter((command) => command.startsWith('revert'))).toEqual([
      ...['revert c', 'revert a', 'revert a', 'revert b'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1', 'd v2 off']);
  });
});
