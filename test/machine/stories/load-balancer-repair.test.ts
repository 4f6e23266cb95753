import { expect, test } from 'vitest';
import { describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';
import { loadBalancer, watchSwitches, wellAll } from './load-balancer-kit.ts';

describeMachine('a new host behind a load balancer', () => {
  test('gets the stable release first, and its requests only then', async () => {
    const world = await givenMachine({ loadBalancer, hosts: 'ab', later: 'd' });
    await world.givenStable(1);
    const switches = watchSwitches(world);

    world.appear('d');
    await world.rest();

    expect(switches).toEqual(['a healthy, b healthy']);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy', 'd healthy']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'd v1']);
  });

  test('that fails its gate gets none', async () => {
    const world = await givenMachine({ loadBalancer, hosts: 'ab', later: 'd' });
    await world.givenStable(1);
    world.target.fleet.givenFault(world.idOf('d'), 'verify', 'http-failed', 1);

    world.appear('d');
    await world.rest();

    expect((await world.lastStory()).outcome?.hosts).toMatchObject([{ name: 'd', status: 'reverted' }]);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy']);
  });
});

describeMachine('an execution that dies around the load balancer is repaired', () => {
  test.each(['DrainHost', 'Activate', 'HealthGate', 'JoinHost'])(
    'in %s: the host is in its group again',
    async (state) => {
      const world = await givenUpgrade({ loadBalancer });
      world.whenEntered(state, (executionArn) => void world.executions.stop(executionArn, 'Stopped', 'in the console'));

      await world.start();
      await world.rest();
      await world.pass(300);
      await world.sweep();
      await world.rest();

      expect(world.inGroup()).toEqual(wellAll);
      expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
      expect((await world.lastStory()).outcome?.status).toMatch(/^(FailedClean|RolledBack)$/);
    },
  );

  test('the last host that only had to join joins, and the release stays', async () => {
    const world = await givenUpgrade({ loadBalancer, hosts: 'a' });
    world.whenEntered(
      'JoinHost',
      (executionArn) => void world.executions.stop(executionArn, 'Stopped', 'in the console'),
    );

    await world.start();
    await world.rest();

    expect(world.inGroup()).toEqual(['a healthy']);
    expect(world.target.running()).toEqual(['a v2']);
    expect((await world.lastStory()).outcome?.status).toBe('Succeeded');
  });
});
