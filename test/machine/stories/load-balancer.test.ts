import { expect, test } from 'vitest';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  givenUpgrade,
  map,
  reverted,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';
import {
  drained,
  hostOf,
  joined,
  loadBalancer,
  stepsOf,
  through,
  timeout,
  watchSwitches,
  wellAll,
} from './load-balancer-kit.ts';

describeMachine('hosts behind a load balancer', () => {
  test('leave it before they are activated and join it after their gate, one after another', async () => {
    const world = await givenMachine({ loadBalancer });
    await world.givenUpload(1);
    const switches = watchSwitches(world);

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...[...toPlan, ...staged(3), ...through(), ...through(), ...through()],
      ...['NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(switches).toEqual(['b healthy, c healthy', 'a healthy, c healthy', 'a healthy, b healthy']);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.mostDown()).toBe(1);
    expect(stepsOf(world, 'a')).toEqual(['drain 1 done', 'join 1 done']);
  });

  test('as many at once as may be down', async () => {
    const world = await givenMachine({ loadBalancer, rollout: { maxUnavailable: 2, waves: ['100%'] } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([...through(2), ...through(1), 'NextWave', 'Finish', 'Succeeded']);
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('a host that fails its gate stays out until it is back on its own release, and nobody else leaves', async () => {
    const world = await givenUpgrade({ behaviour: 'app-load-failed', loadBalancer });
    const switches = watchSwitches(world);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave', ...joined()],
      ...['NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(switches).toEqual(['b healthy, c healthy', 'b healthy, c healthy']);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a host that passed leaves once more before it is reverted', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ loadBalancer });
    await world.until(() => world.sent().includes('activate b'));
    await world.say('halt', world.deploymentIds().at(-1) ?? '', { reason: 'looks wrong' });

    const story = await world.ended(executionArn);

    expect(story.end).toBe('RolledBack');
    expectTail(story.path, [
      ...[...wave(1), 'NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', ...drained(), 'NextWave'],
      ...[...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a wave bakes under the load of its hosts; one that fails then leaves before it is put back', async () => {
    const world = await givenUpgrade({ loadBalancer, hosts: 'ab', rollout: { bakeSeconds: 30 } });
    world.whenEntered('VerifyWave', () => world.target.fleet.givenFault(world.idOf('a'), 'verify', 'http-failed'));
    const baking: string[] = [];
    world.whenEntered('Bake', () => void baking.push(...world.inGroup()));

    const story = await world.deploy();

    expect(baking).toEqual(['a healthy', 'b healthy']);
    expectTail(story.path, [
      ...['Bake', 'NextWave', ...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', ...drained(), 'NextWave'],
      ...[...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy']);
  });

  test('a drain that does not end within its time is given up, and the record says so', async () => {
    const world = await givenMachine({ loadBalancer: { ...loadBalancer, drainSeconds: 20 } });
    await world.givenUpload(1);
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(stepsOf(world, 'a')).toEqual([
      'drain 1 done: still draining after 20 s: went on, and its connections are cut',
      'join 1 done',
    ]);
    expect(stepsOf(world, 'b')).toEqual(['drain 1 done', 'join 1 done']);
  });

  test('a host that the load balancer never calls healthy has failed its gate: it is reverted, and is in again', async () => {
    const world = await givenUpgrade({ loadBalancer });
    world.whenEntered('Join', () => world.givenProbe('a', timeout));
    world.whenEntered('Revert', () => world.givenProbe('a', null));

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...[...through(), 'NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(story.outcome?.reason.text).toBe(
      'did not pass on a: passed its own gate, but payment-local (simulated load balancer) says unhealthy after 60 s (Target.Timeout: Request timed out)',
    );
    expect(hostOf(story.outcome?.hosts, 'a')).toMatchObject({
      status: 'reverted',
      diagnosis: { cause: 'target-unhealthy' },
    });
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a host that can not come back in is tried once more, then named, and stays out', async () => {
    const world = await givenUpgrade({ loadBalancer });
    world.whenEntered('Join', () => world.givenProbe('a', timeout));

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...[...through(), 'NextWave', ...reverted(1), 'NextWave', ...joined()],
      ...['NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'FailedDirty'],
    ]);
    expect(hostOf(story.outcome?.hosts, 'a')).toMatchObject({
      status: 'dirty',
      isOutside: true,
      diagnosis: { cause: 'target-unhealthy' },
      repair: `rollgate deploy --release v1 --hosts ${world.idOf('a')}`,
    });
    expect(world.inGroup()).toEqual(['b healthy', 'c healthy']);
  });

  test('what was not registered joins with its first release, and is out again where the release before is none of ours', async () => {
    const world = await givenMachine({ loadBalancer });
    world.group.deregister({ instanceId: world.idOf('a'), port: 8080 });
    await world.givenUpload(1);
    world.givenProbe('b', timeout);
    world.whenEntered('Revert', () => world.givenProbe('b', null));

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
    expect(world.inGroup()).toEqual(['b healthy', 'c healthy']);
  });

  test('the last healthy host is not taken out while others are there', async () => {
    const world = await givenUpgrade({
      hosts: 'ab',
      loadBalancer: { ...loadBalancer, drainSeconds: 20 },
    });
    world.givenProbe('b', timeout);
    await world.group.check();
    await world.group.check();

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason.text).toBe(
      `did not pass on a: it is the last healthy one of payment-local (simulated load balancer), so it was not taken out; the others: ${world.idOf('b')} unhealthy`,
    );
    expect(world.inGroup()).toEqual(['a healthy', 'b unhealthy']);
  });

  test('a host alone in its group is taken out all the same: there is nobody else', async () => {
    const world = await givenMachine({ loadBalancer, hosts: 'a' });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(world.inGroup()).toEqual(['a healthy']);
  });

  test('a target group that is not there ends FailedClean before anything is touched', async () => {
    const world = await givenMachine({ loadBalancer: { ...loadBalancer, targetGroup: 'elsewhere' } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toBe(
      'loadBalancer.targetGroup: there is no target group elsewhere in this account and region; make it, or correct the name',
    );
    expect(world.sent()).toEqual([]);
  });
});
