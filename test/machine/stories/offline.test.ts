import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';

/** The host can't be reached any more, and counts against nobody. */
function givenOff(world: World, name: string): void {
  world.target.fleet.host(world.idOf(name)).powerOff();
  world.target.givenUnwatched(name);
}

function switches(world: World): readonly string[] {
  return world.sent().filter((command) => !command.startsWith('install'));
}

describeMachine('hosts that are offline', () => {
  test('do not count as down where the policy says skip: the others get the release one after another', async () => {
    const world = await givenUpgrade({ rollout: { offlineHosts: 'skip' } });
    givenOff(world, 'b');

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(story.outcome?.reason.text).toBe('v2 runs on 2 hosts and every one passed its gate; offline: b');
    expect(world.target.running()).toEqual(['a v2', 'b v1 off', 'c v2']);
  });

  test('and that the request leaves out follow the same policy', async () => {
    const world = await givenUpgrade({ rollout: { offlineHosts: 'skip' } });
    givenOff(world, 'b');

    expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v1 off', 'c v1']);
  });

  test('and that the request leaves out count as down where the policy says fail, and are named', async () => {
    const world = await givenUpgrade();
    givenOff(world, 'b');

    const story = await world.deploy({ hosts: [world.idOf('a')] });

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason.text).toBe(
      '1 host of the target is down already and maxUnavailable is 1: b (offline)',
    );
    expect(switches(world)).toEqual([]);
  });

  test('and skipped leave one host serving at any time, however many may be down at once', async () => {
    const world = await givenUpgrade({ rollout: { offlineHosts: 'skip', maxUnavailable: 2 } });
    givenOff(world, 'c');
    const before = world.sent().length;

    expect((await world.deploy()).end).toBe('Succeeded');
    const [, , ...commands] = world.sent().slice(before);
    expect(commands).toEqual(['activate a', 'verify a', 'activate b', 'verify b']);
  });
});

describeMachine('a rollback while a host is offline', () => {
  test('goes on without the host and names it, whatever the policy says; the host follows when it is back', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    givenOff(world, 'b');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('Succeeded');
    expect(story.outcome?.reason.text).toBe('v1 runs on 2 hosts and every one passed its gate; offline: b');
    expect(story.outcome?.hosts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...['a passed', 'c passed', 'b skipped'],
    ]);
    expect(stableRelease(await world.state())).toMatchObject({ release: 1, isRollback: true });

    world.target.fleet.host(world.idOf('b')).powerOn();
    await world.rest();
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('takes down the last host that can be reached', async () => {
    const world = await givenMachine({ hosts: 'ab' });
    await world.givenStable(1, 2);
    givenOff(world, 'b');

    expect((await world.deploy({ rollback: true })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v2 off']);
  });

  test('is refused where no host can be reached', async () => {
    const world = await givenMachine({ hosts: 'ab' });
    await world.givenStable(1, 2);
    givenOff(world, 'a');
    givenOff(world, 'b');

    expect((await world.deploy({ rollback: true })).error).toBe('InvalidDeploymentError');
  });
});

describeMachine('the last host that serves', () => {
  test('is not taken down by a deployment that nobody asked for it by name', async () => {
    const world = await givenUpgrade({ hosts: 'ab', rollout: { offlineHosts: 'skip' } });
    givenOff(world, 'b');

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason).toEqual({
      code: 'last-serving-host',
      text: 'a is the only host of the target that can be reached and serves, so it stays up; bring another host back, or name a: rollgate deploy --release v2 --hosts i-0000000000000000a',
    });
    expect(switches(world)).toEqual([]);
    expect(world.target.running()).toEqual(['a v1', 'b v1 off']);
  });

  test('is deployed to where a person names it', async () => {
    const world = await givenUpgrade({ hosts: 'ab', rollout: { offlineHosts: 'skip' } });
    givenOff(world, 'b');

    expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v1 off']);
  });

  test('is deployed to where it is the only host of the target', async () => {
    const world = await givenUpgrade({ hosts: 'a' });

    expect((await world.deploy()).end).toBe('Succeeded');
  });

  test('stays up where the host before it did not come back', async () => {
    const world = await givenUpgrade({
      hosts: 'ab',
      rollout: { maxUnavailable: 2, maxFailedHosts: 1, waves: [1, '100%'] },
    });
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'start-failed');
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed', 2);

    const story = await world.deploy();

    expect(story.end).toBe('FailedDirty');
    expect(world.target.running()).toEqual(['a v1 inactive', 'b v1']);
  });

  test('is not taken down by a converge: a person is told, and it follows as soon as another host is online', async () => {
    const world = await givenMachine({ hosts: 'ab', rollout: { offlineHosts: 'skip' } });
    await world.givenStable(1);
    givenOff(world, 'b');
    await world.givenUpload(2);
    expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('Succeeded');
    world.instanceEvent('a');
    await world.rest();

    expect(world.target.running()).toEqual(['a v2', 'b v1 off']);
    const started = (await world.all()).length;
    for (const _ of [1, 2, 3, 4, 5]) {
      await world.pass(300);
      await world.sweep();
      await world.rest();
    }
    expect((await world.all()).length).toBe(started);

    world.target.fleet.host(world.idOf('b')).powerOn();
    await world.rest();
    expect(world.target.running()).toEqual(['a v1', 'b v1']);
  });
});
