import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine } from '../given-machine.ts';

/** v2 is stable, and worse than v1. */
async function givenBadStable(options: Parameters<typeof givenMachine>[0] = {}): Promise<World> {
  const world = await givenMachine(options);
  await world.givenStable(1, 2);
  return world;
}

/** The host never comes up again on what it ran. */
function givenNoWayBack(world: World, name: string): void {
  world.target.fleet.givenFault(world.idOf(name), 'revert', 'start-failed', 2);
  world.target.givenUnwatched(name);
}

function switched(world: World, name: string): readonly string[] {
  return world.sent().filter((command) => command.endsWith(` ${name}`) && !command.startsWith('install'));
}

describeMachine('a rollback, where a host is broken', () => {
  test('goes on without a host that can not be staged, and names it', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'disk-full');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('Degraded');
    expect(story.outcome?.reason.text).toBe('v1 runs on 2 hosts; on their previous release: a');
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
    expect(switched(world, 'a')).toEqual([]);
  });

  test('puts a host back that fails in its gate for a fault of its own, and goes on', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'disk-full');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('Degraded');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v1']);
    expect(switched(world, 'a')).toEqual(['activate a', 'verify a']);
    expect(world.target.mostDown()).toBe(1);
  });

  test('names a host that it can not put back, and goes on although the host is down', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'out-of-memory');
    givenNoWayBack(world, 'a');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('FailedDirty');
    expect(world.target.running()).toEqual(['a v2 inactive', 'b v1', 'c v1']);
    expect(story.outcome?.hosts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      ...['a dirty', 'b passed', 'c passed'],
    ]);
    expect(story.outcome?.hosts[0]?.repair).toBe(`rollgate deploy --release v1 --hosts ${world.idOf('a')}`);
  });

  test('goes on without a host that dies in it', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'offline');
    world.target.givenUnwatched('a');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('FailedDirty');
    expect(world.target.running()).toEqual(['a v2 off', 'b v1', 'c v1']);
  });

  test('goes on without a host whose commands never arrive, and waits for nobody', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'late-refused', 30);

    const story = await world.deploy({ rollback: true });
    world.target.clearFaults();

    expect(story.end).toBe('Degraded');
    expect(story.path).not.toContain('AwaitOperator');
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
  });

  test('goes on where an operator skips a host that is down', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'lost-command');
    world.target.fleet.host(world.idOf('a')).given({ isActive: false });
    world.target.givenUnwatched('a');
    const executionArn = await world.start({ rollback: true });
    await world.until(() => world.sent().includes('install a'));
    await world.say('skip', (await world.story(executionArn)).deploymentId, { hosts: [world.idOf('a')] });

    expect((await world.ended(executionArn)).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2 inactive', 'b v1', 'c v1']);
  });

  test('ends RolledBack where every host has a fault of its own', async () => {
    const world = await givenBadStable();
    for (const name of 'abc') world.target.fleet.givenFault(world.idOf(name), 'verify', 'disk-full');

    expect((await world.deploy({ rollback: true })).end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });
});

describeMachine('a rollback that stops', () => {
  test('for a fault of its release puts that host back alone: who has passed stays, who waits is not touched', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('Degraded');
    expect(story.outcome?.reason.code).toBe('gate-failed');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
    expect(switched(world, 'a')).toEqual(['activate a', 'verify a']);
    expect(switched(world, 'c')).toEqual([]);
    expect(story.outcome?.hosts.map((host) => host.status)).toEqual(['passed', 'reverted', 'untouched']);
  });

  test('because it is halted leaves those that have passed on its release', async () => {
    const world = await givenBadStable({ seconds: { verify: 60 } });
    const executionArn = await world.start({ rollback: true });
    await world.until(() => world.sent().includes('verify b'));

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(story.end).toBe('Halted');
    expect(story.error).toBe('HaltedError');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
  });

  test('because its execution dies is repaired, and the repair leaves those that have passed', async () => {
    const world = await givenBadStable({ seconds: { verify: 60 } });
    const executionArn = await world.start({ rollback: true });
    await world.until(() => world.sent().includes('verify b'));

    world.kill();
    await world.rest();

    const { outcome } = await world.story(executionArn);
    expect(outcome?.status).toBe('Degraded');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
  });

  test('in the middle is not undone by a host that restarts: nothing brings it to the release that was rolled back', async () => {
    const world = await givenBadStable();
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'disk-full');
    expect((await world.deploy({ rollback: true })).end).toBe('Degraded');
    expect(stableRelease(await world.state())?.release).toBe(2);

    world.target.fleet.host(world.idOf('a')).powerOff();
    world.target.fleet.host(world.idOf('a')).powerOn();
    await world.rest();
    await world.sweep();
    await world.rest();
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v2']);

    // Bringing single hosts where they should be decides nothing about the target.
    expect((await world.deploy({ release: 'v1', hosts: [world.idOf('c')] })).end).toBe('Succeeded');
    world.instanceEvent('a');
    await world.rest();
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);

    expect((await world.deploy({ release: 'v2' })).end).toBe('Succeeded');
    world.target.fleet.host(world.idOf('a')).given({ running: 'none' });
    world.instanceEvent('a');
    await world.rest();
    expect(stableRelease(await world.state())?.release).toBe(2);
  });

  test('does not wait for a host that is slow to be given up: no progress for a while is no reason to turn back', async () => {
    const world = await givenBadStable({ rollout: { progressDeadlineSeconds: 420 } });
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'lost-command');
    world.target.fleet.givenFault(world.idOf('a'), 'settle', 'lost-command', 2);
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'lost-command', 2);
    world.target.givenUnwatched('a');

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('FailedDirty');
    expect(world.target.running().slice(1)).toEqual(['b v1', 'c v1']);
    world.target.clearFaults();
  });
});
