import { expect, test } from 'vitest';
import {
  afterStage,
  again,
  describeMachine,
  givenMachine,
  givenUpgrade,
  wave,
  withoutCatch,
} from '../given-machine.ts';
import { bug, drained, joined, loadBalancer, wellAll } from './load-balancer-kit.ts';

describeMachine('every Catch around the load balancer', () => {
  test('DrainHost: asked once more, then the rollout goes on', async () => {
    const world = await givenMachine({ loadBalancer });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/ });

    const story = await world.deploy();

    expect(afterStage(story).slice(0, 10)).toEqual([
      ...['NextWave', 'Drain', 'Drain 0: DrainHost DrainUnknown', ...again, ...drained(), 'NextWave', 'Wave'],
    ]);
    expect(story.end).toBe('Succeeded');
  });

  test('DrainHost twice: the host is left as it is and counts as failed', async () => {
    const world = await givenUpgrade({ loadBalancer });
    for (let time = 0; time < 2; time += 1) {
      world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/, after: true });
      world.faults.given('ledger.create', { kind: 'fail', error: new TypeError('no') }, { matches: /drain-\d\.json/ });
    }

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'Drain', 'Drain 0: DrainHost DrainUnknown', ...again, 'Drain', 'Drain 0: DrainHost DrainUnknown'],
      ...['NextWave', ...joined(), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
    world.clearFaults();
  });

  test('JoinHost: asked once more, and a release that is well is never reverted for it', async () => {
    const world = await givenMachine({ loadBalancer });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"join"/ });

    const story = await world.deploy();

    expect(afterStage(story).slice(0, 10)).toEqual([
      ...[
        'NextWave',
        ...drained(),
        'NextWave',
        ...wave(1),
        'NextWave',
        'Join',
        'Join 0: JoinHost JoinUnknown',
        'NextWave',
      ],
    ]);
    expect(story.end).toBe('Succeeded');
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('Drain: the rollout turns back, and nobody is left outside', async () => {
    const world = await givenMachine({ loadBalancer, definition: withoutCatch('DrainHost') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/ });

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('Join: nobody is left outside', async () => {
    const world = await givenMachine({ loadBalancer, definition: withoutCatch('JoinHost') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"join"/ });

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(world.inGroup()).toEqual(wellAll);
  });
});
