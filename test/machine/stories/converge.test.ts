import { expect, test } from 'vitest';
import type { World } from '../../fakes/world.ts';
import {
  describeMachine,
  givenMachine,
  givenRunningUpgrade,
  givenUpgrade,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';
import { appearTogether, converged, convergence, sweeps } from './converge-kit.ts';

describeMachine('an instance that appears with the tags', () => {
  test('gets the stable release through the same gates and the same lock; stable does not move', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1, 2);
    const before = await world.state();

    world.appear('d');
    await world.until(() => world.sent().includes('verify d'));
    expect((await world.state()).lock).not.toBeNull();
    await world.rest();

    const story = await world.lastStory();
    expect(story.path).toEqual([...toPlan, ...staged(1), 'NextWave', ...wave(1), 'NextWave', 'Finish', 'Succeeded']);
    expect(world.sent()).toEqual(['install d', 'activate d', 'verify d']);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2', 'd v2']);
    expect((await world.state()).stableHistory).toEqual(before.stableHistory);
    expect(convergence(world)).toMatchObject({ waiting: {}, givenUp: {}, underWay: null, breaker: null });
  });

  test('starts nothing twice, however often and whenever its event comes', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);

    world.appear('d');
    world.instanceEvent('d');
    await world.until(() => world.sent().includes('activate d'));
    world.instanceEvent('d');
    await world.rest();
    world.instanceEvent('d');
    await sweeps(world, 2);

    expect(await converged(world)).toEqual(['d']);
  });

  test('starts nothing while no release is stable', async () => {
    const world = await givenMachine({ later: 'd' });

    world.appear('d');
    await sweeps(world, 1);

    expect(await world.all()).toEqual([]);
    expect(convergence(world)).toBeUndefined();
  });

  test('without the tags is no business of this target', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);

    world.instanceEvent('d');
    await sweeps(world, 1);

    expect(await converged(world)).toEqual([]);
    expect(convergence(world).waiting).toEqual({});
  });

  test('of which no event tells is found by the sweep', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.givenEventsLost('OnInstanceRunning');

    world.appear('d');
    await sweeps(world, 1);

    expect(world.target.running()).toContain('d v1');
  });

  test('together with others is one deployment with them', async () => {
    const world = await givenMachine({ later: '123456789' });
    await world.givenStable(1);

    await appearTogether(world, '123456789');
    await world.pass(40);
    await world.rest();

    expect(await converged(world)).toEqual(['1 2 3 4 5 6 7 8 9']);
    expect(world.target.running().filter((line) => line.endsWith('v1'))).toHaveLength(12);
  });

  test('right after another one goes when that one is done', async () => {
    const world = await givenMachine({ later: 'de' });
    await world.givenStable(1);

    world.appear('d');
    await world.until(() => world.sent().includes('install d'));
    world.appear('e');
    await world.until(() => world.sent().includes('verify e'));
    await world.rest();

    expect(await converged(world)).toEqual(['d', 'e']);
    expect((await world.story((await world.all()).at(-1)?.executionArn ?? '')).end).toBe('Succeeded');
  });
});

describeMachine('an instance that appears while a rollout runs', () => {
  test('waits in the queue and gets what became stable, not what was when it was admitted', async () => {
    const { world, executionArn: rollout } = await givenRunningUpgrade({ later: 'd' });
    await world.until(() => world.sent().includes('activate b'));

    world.appear('d');
    await world.until(async () => (await world.state()).queue.some((entry) => entry.trigger === 'converge'));
    expect((await world.state()).lock?.executionArn).toBe(rollout);
    await world.rest();

    expect((await world.story(rollout)).end).toBe('Succeeded');
    expect((await world.lastStory()).outcome?.reason.text).toBe('v2 runs on 1 host and every one passed its gate');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2', 'd v2']);
    expect(world.sent().filter((command) => command === 'activate d')).toHaveLength(1);
  });

  test('gets the old one where that rollout is put back', async () => {
    const { world, executionArn: rollout } = await givenRunningUpgrade({ behaviour: 'app-load-failed', later: 'd' });
    await world.until(() => world.sent().includes('activate a'));

    world.appear('d');
    await world.rest();

    expect((await world.story(rollout)).end).toBe('RolledBack');
    expect(await converged(world)).toEqual(['d']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1', 'd v1']);
  });

  test('goes before a waiting upload and after what a person asked for', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    await world.start();
    await world.until(() => world.sent().includes('activate b'));

    await world.upload(4);
    world.appear('d');
    await world.until(async () => (await world.state()).queue.length === 2);
    await world.start({ release: 'v1', reason: 'wanted' });
    await world.rest();

    const ended = (await world.all()).toSorted((one, other) =>
      (one.stoppedAt ?? '') < (other.stoppedAt ?? '') ? -1 : 1,
    );
    const whats = ended.map((info) => Object.keys(JSON.parse(info.input) as object)[0] ?? 'newest');
    expect(whats.slice(-4)).toEqual(['newest', 'release', 'converge', 'upload']);
    expect(world.target.running()).toEqual(['a v4', 'b v4', 'c v4', 'd v4']);
  });
});

describeMachine('an instance that comes back', () => {
  test('and ran the stable release starts nothing', async () => {
    const world = await givenMachine();
    await world.givenStable(1);

    world.target.fleet.host(world.idOf('b')).powerOff();
    world.target.fleet.host(world.idOf('b')).powerOn();
    await sweeps(world, 1);

    expect(await converged(world)).toEqual([]);
  });

  test('after a rollout lost it half switched gets the stable release, never the one that failed', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'offline-after');
    expect((await world.deploy()).end).toBe('FailedDirty');
    expect(world.target.running()).toEqual(['a v2 off', 'b v1', 'c v1']);

    world.target.fleet.host(world.idOf('a')).powerOn();
    await world.rest();

    expect(await converged(world)).toEqual(['a']);
    expect((await world.lastStory()).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('while the rollout that breaks it still runs is looked at when that has ended', async () => {
    const world = await givenUpgrade({ behaviour: 'app-load-failed' });
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed', 2);
    const rollout = await world.start();
    await world.until(() => world.sent().includes('activate a'));

    world.instanceEvent('a');
    await world.until(() => world.sent().includes('revert a'));
    expect(convergence(world).waiting).toHaveProperty(world.idOf('a'));
    await world.rest();

    expect((await world.story(rollout)).end).toBe('FailedDirty');
    expect(await converged(world)).toEqual(['a']);
    expect(convergence(world).waiting).toEqual({});
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('while a rollout runs that brings it where it should be starts nothing', async () => {
    const world = await givenUpgrade();
    await world.start();
    await world.until(() => world.sent().includes('activate a'));

    world.instanceEvent('a');
    await world.until(() => world.sent().includes('activate c'));
    expect(convergence(world).waiting).toHaveProperty(world.idOf('a'));
    await world.rest();

    expect(await converged(world)).toEqual([]);
    expect(convergence(world).waiting).toEqual({});
  });

  test('after a rollout that left it out, offline, gets the release of that rollout', async () => {
    const world = await givenMachine({ rollout: { offlineHosts: 'skip', maxUnavailable: 2 } });
    await world.givenStable(1);
    world.target.fleet.host(world.idOf('c')).powerOff();
    await world.givenStable(2);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v1 off']);

    world.target.fleet.host(world.idOf('c')).powerOn();
    await world.rest();

    expect(await converged(world)).toEqual(['c']);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('after a rollout of what was stable already that left it out gets that, also where no event tells', async () => {
    const world = await givenMachine({ rollout: { offlineHosts: 'skip', maxUnavailable: 2 } });
    await world.givenStable(1);
    await world.givenUpload(2);
    expect((await world.deploy({ hosts: [world.idOf('c')] })).end).toBe('Succeeded');
    world.target.givenUnregistered('c');
    expect((await world.deploy({ release: 'v1' })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v2']);

    world.target.givenUnregistered('c', false);
    await sweeps(world, 1);

    expect(await converged(world)).toEqual(['c']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('after it missed what became stable gets it, also where no event tells', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    world.target.givenUntagged('c');
    await world.givenStable(2);
    await sweeps(world, 1);
    world.target.givenTagged('c');
    await sweeps(world, 1);

    expect(await converged(world)).toEqual(['c']);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('on a release that a person put there is left alone while it runs, and converged when it comes back', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    expect((await world.deploy({ release: 'v1', hosts: [world.idOf('c')] })).end).toBe('Succeeded');

    await sweeps(world, 2);
    expect(await converged(world)).toEqual([]);
    world.instanceEvent('c');
    await world.rest();

    expect(await converged(world)).toEqual(['c']);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });
});

describeMachine('an instance that SSM does not have yet', () => {
  test('is looked at again one and two minutes later, and gets the release when it is online', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.target.givenUnregistered('d');
    const appearedAt = world.time.now();

    world.appear('d');
    await world.pass(50);
    expect(world.sent()).toEqual([]);
    world.target.givenUnregistered('d', false);
    await world.until(() => world.sent().includes('install d'));
    expect((world.time.now() - appearedAt) / 1000).toBeLessThan(65);
    await world.rest();

    expect(world.target.running()).toContain('d v1');
  });

  test('is found online by the sweep where it takes longer', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.target.givenUnregistered('d');

    world.appear('d');
    await sweeps(world, 2);
    expect(world.sent()).toEqual([]);
    world.target.givenUnregistered('d', false);
    await sweeps(world, 1);

    expect(world.target.running()).toContain('d v1');
  });

  test('is given up after fifteen minutes, with the reason and what to do, and taken up when it is online', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.target.givenUnregistered('d');

    world.appear('d');
    await sweeps(world, 4);
    const { waiting, givenUp } = convergence(world);
    expect(waiting).toEqual({});
    expect(givenUp[world.idOf('d')]).toMatchObject({
      kind: 'offline',
      why: 'it did not come online at SSM within 15 min',
      next: expect.stringContaining(`rollgate deploy --release v1 --hosts ${world.idOf('d')}`),
    });
    expect(await converged(world)).toEqual([]);

    world.target.givenUnregistered('d', false);
    await sweeps(world, 1);
    expect(world.target.running()).toContain('d v1');
    expect(convergence(world).givenUp).toEqual({});
  });

  test('does not hold up those that are online', async () => {
    const world = await givenMachine({ later: 'de' });
    await world.givenStable(1);
    world.target.givenUnregistered('d');

    world.appear('d');
    world.appear('e');
    await world.rest();

    expect(await converged(world)).toEqual(['e']);
    expect(world.target.running()).toContain('e v1');
    world.target.givenUnregistered('d', false);
    await sweeps(world, 1);
    expect(world.target.running()).toContain('d v1');
  });

  test('has its whole time once more after it was online and waited for a long rollout', async () => {
    const world = await givenUpgrade({ later: 'd', rollout: { bakeSeconds: 3600 } });
    await world.start();
    await world.until(() => world.isParked('Bake'));
    world.appear('d');
    await sweepsWhileRunning(world, 5);
    world.target.givenUnregistered('d');
    await sweepsWhileRunning(world, 1);
    expect(convergence(world).givenUp).toEqual({});
    world.target.givenUnregistered('d', false);
    await world.rest();

    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2', 'd v2']);
  });
});

async function sweepsWhileRunning(world: World, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await world.pass(300);
    await world.sweep();
  }
}
