import { expect, test } from 'vitest';
import { describeMachine, givenMachine, givenUpgrade, toPlan } from '../given-machine.ts';
import { appearTogether, converged, convergence, sweeps } from './converge-kit.ts';

describeMachine('an instance that does not get the stable release', () => {
  test('does not turn back those that are converged with it, and is tried again after a pause', async () => {
    const world = await givenMachine({ later: 'def' });
    await world.givenStable(1);
    world.target.fleet.givenFault(world.idOf('e'), 'activate', 'start-failed');
    await appearTogether(world, 'def');
    await world.pass(40);
    await world.rest();
    expect((await world.lastStory()).end).toBe('Degraded');
    expect(world.target.running().slice(3)).toEqual(['d v1', 'e none', 'f v1']);
    expect((await world.state()).differing).toEqual({});
    expect(await converged(world)).toEqual(['d e f']);

    await sweeps(world, 2);

    expect(await converged(world)).toEqual(['d e f', 'e']);
    expect(world.target.running()).toContain('e v1');
    expect(convergence(world)).toMatchObject({ waiting: {}, failures: [], breaker: null });
  });

  test('three times is given up, with the reason and what to type, and the breaker opens', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.target.fleet.givenFault(world.idOf('d'), 'activate', 'start-failed', 3);

    world.appear('d');
    await sweeps(world, 8);

    expect(await converged(world)).toEqual(['d', 'd', 'd']);
    expect(convergence(world).waiting).toEqual({});
    expect(convergence(world).givenUp[world.idOf('d')]).toMatchObject({
      kind: 'failed',
      why: expect.stringMatching(/./),
      next: `rollgate deploy --release v1 --hosts ${world.idOf('d')}`,
    });
    expect(convergence(world).breaker).toMatchObject({
      why: expect.stringMatching(/^3 tries in a row did not bring v1 to a host \(d: .+\); no host is converged /),
      next: 'put it right, then: rollgate deploy --release v1',
    });
  });

  test('is brought to it by a person who resumes its deployment, which closes the breaker too', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.target.fleet.givenFault(world.idOf('d'), 'activate', 'start-failed', 3);
    world.appear('d');
    await sweeps(world, 4);
    expect(convergence(world).breaker).not.toBeNull();

    const resumed = await world.deploy({ resume: (await world.lastStory()).deploymentId });

    expect(resumed.end).toBe('Succeeded');
    expect(world.target.running()).toContain('d v1');
    expect(convergence(world)).toMatchObject({ waiting: {}, givenUp: {}, failures: [], breaker: null });
  });

  test('and dies, and the next, and the next: the breaker stops the loop until a person deploys', async () => {
    const world = await givenMachine({ later: 'def1' });
    await world.givenStable(1);
    for (const name of 'def') {
      world.target.fleet.givenFault(world.idOf(name), 'install', 'offline');
      world.appear(name);
      await world.rest();
      world.target.givenUntagged(name);
    }
    expect(await converged(world)).toEqual(['d', 'e', 'f']);

    world.appear('1');
    await sweeps(world, 5);
    expect(await converged(world)).toEqual(['d', 'e', 'f']);
    expect(convergence(world).waiting).toHaveProperty(world.idOf('1'));
    expect(convergence(world).breaker).not.toBeNull();

    expect((await world.deploy({ release: 'v1', hosts: [world.idOf('a')] })).end).toBe('Succeeded');
    await world.rest();
    expect(await converged(world)).toEqual(['d', 'e', 'f', '1']);
    expect(convergence(world)).toMatchObject({ waiting: {}, failures: [], breaker: null });
    expect(world.target.running()).toContain('1 v1');
  });

  test('now and then over hours does not open the breaker', async () => {
    const world = await givenMachine({ later: 'def' });
    await world.givenStable(1);
    for (const name of 'def') {
      world.target.fleet.givenFault(world.idOf(name), 'install', 'offline');
      world.appear(name);
      await world.rest();
      world.target.givenUntagged(name);
      await world.pass(4 * 3600);
    }

    expect(convergence(world).breaker).toBeNull();
  });

  test('because it went away before its turn ends FailedClean, and nothing was touched', async () => {
    const world = await givenUpgrade({ later: 'd' });
    await world.start();
    await world.until(() => world.sent().includes('activate b'));
    world.appear('d');
    await world.until(async () => (await world.state()).queue.length === 1);

    world.target.givenUntagged('d');
    await world.rest();

    expect((await world.lastStory()).path).toEqual([...toPlan, 'Finish', 'FailedClean']);
    expect(convergence(world)).toMatchObject({ waiting: {}, underWay: null });
  });

  test('does not keep those from it that are still there', async () => {
    const world = await givenMachine({ later: 'def' });
    await world.givenStable(1);
    await appearTogether(world, 'def');
    world.whenEntered('AcquireLock', () => {
      world.target.givenUntagged('d');
      world.target.givenUnregistered('e');
    });
    await world.pass(40);
    await world.rest();

    expect(await converged(world)).toEqual(['d e f']);
    expect((await world.lastStory()).outcome?.hosts.map((host) => `${host.name} ${host.status}`)).toEqual([
      'f passed',
      'e skipped',
    ]);
    world.target.givenUnregistered('e', false);
    await sweeps(world, 1);
    expect(world.target.running().slice(3)).toEqual(['e v1', 'f v1']);
  });
});

describeMachine('an operator and hosts that are converged', () => {
  test('a frozen target gets none; after it they go', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.givenFrozen('sale');

    world.appear('d');
    await sweeps(world, 5);
    expect(await converged(world)).toEqual([]);

    world.givenThawed();
    await sweeps(world, 1);
    expect(world.target.running()).toContain('d v1');
  });

  test('a freeze while it waits for the lock refuses it, and counts as no failure', async () => {
    const world = await givenUpgrade({ later: 'd' });
    await world.start();
    await world.until(() => world.sent().includes('activate b'));
    world.appear('d');
    await world.until(async () => (await world.state()).queue.length === 1);

    world.givenFrozen('sale');
    await world.rest();
    expect(await world.lastStory()).toMatchObject({ end: 'FailedClean', error: 'DeploymentLockedError' });
    expect(convergence(world)).toMatchObject({ failures: [], underWay: null });

    world.givenThawed();
    await sweeps(world, 1);
    expect(world.target.running()).toContain('d v2');
  });

  test('one that was halted is not started again by itself', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    world.appear('d');
    await world.until(() => world.sent().includes('activate d'));

    await world.say('halt', (await world.lastStory()).deploymentId, { reason: 'not this one' });
    await sweeps(world, 3);

    expect(await converged(world)).toEqual(['d']);
    expect(convergence(world).givenUp[world.idOf('d')]).toMatchObject({
      kind: 'halted',
      why: 'halted by anna: not this one',
    });
    expect(convergence(world)).toMatchObject({ failures: [], breaker: null });
  });

  test('a rollback while one runs halts it and goes to the release before, and the host goes there too', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1, 2);
    world.appear('d');
    await world.until(() => world.sent().includes('activate d'));

    const rollback = await world.deploy({ rollback: true });
    await world.rest();

    expect(rollback.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1', 'd v1']);
    expect(convergence(world)).toMatchObject({ waiting: {}, givenUp: {} });
  });

  test('one that needs an approval to deploy needs none to converge', async () => {
    const world = await givenMachine({ later: 'd', rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    const first = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    await world.say('approve', (await world.story(first)).deploymentId);
    await world.rest();

    world.appear('d');
    await world.rest();

    expect(world.target.running()).toContain('d v1');
  });
});
