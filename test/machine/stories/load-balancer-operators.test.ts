import { expect, test } from 'vitest';
import { afterStage, describeMachine, givenUpgrade, map, wave } from '../given-machine.ts';
import { drained, joined, loadBalancer, stepsOf, wellAll } from './load-balancer-kit.ts';

describeMachine('an operator and hosts behind a load balancer', () => {
  test('a halt while a host leaves brings it back at once, untouched', async () => {
    const world = await givenUpgrade({ loadBalancer });
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('DrainHost'));
    const before = world.time.now();
    await world.say('halt', world.deploymentIds().at(-1) ?? '');

    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...joined(), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(world.sent().filter((command) => !command.startsWith('install'))).toEqual([]);
    expect(world.inGroup()).toEqual(wellAll);
    expect((world.time.now() - before) / 1000).toBeLessThan(60);
  });

  test('a pause while a host leaves brings it back before anybody waits; resumed, it leaves anew', async () => {
    const world = await givenUpgrade({ loadBalancer });
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('DrainHost'));
    const deploymentId = world.deploymentIds().at(-1) ?? '';
    await world.say('pause', deploymentId);
    await world.until(() => world.isParked('AwaitOperator'));
    const whilePaused = world.inGroup();
    await world.say('resume', deploymentId);

    const story = await world.ended(executionArn);

    expect(whilePaused).toEqual(wellAll);
    expect(afterStage(story).slice(0, 9)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...joined(), 'NextWave', 'AwaitOperator', 'NextWave'],
    ]);
    expect(story.end).toBe('Succeeded');
    expect(stepsOf(world, 'a')).toEqual([
      ...['drain 1 done: called off by an operator', 'drain 2 done', 'join 1 done', 'join 2 done'],
    ]);
  });

  test('halt --keep leaves hosts that passed in the group, and one that failed out of it', async () => {
    const world = await givenUpgrade({ loadBalancer, rollout: { maxFailedHosts: 1 } });
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify b'));
    await world.say('halt', world.deploymentIds().at(-1) ?? '', { isKept: true });

    const story = await world.ended(executionArn);

    expect(story.end).toBe('Halted');
    expect(story.outcome?.hosts.map(({ name, status, isOutside }) => [name, status, isOutside ?? false])).toEqual([
      ['a', 'passed', false],
      ['b', 'kept', true],
      ['c', 'untouched', false],
    ]);
    expect(world.inGroup()).toEqual(['a healthy', 'c healthy']);
    world.clearFaults();
  });

  test('a fault that all hosts share pauses with the host outside; verified after all, it joins', async () => {
    const world = await givenUpgrade({ loadBalancer });
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-unreachable');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const whileParked = world.inGroup();
    await world.say('resume', world.deploymentIds().at(-1) ?? '');

    const story = await world.ended(executionArn);

    expect(whileParked).toEqual(['b healthy', 'c healthy']);
    expect(story.end).toBe('Succeeded');
    expect(afterStage(story).slice(0, 13)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...wave(1), 'NextWave', 'AwaitOperator', 'NextWave'],
      ...[...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', 'Join'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
  });
});
