import { expect, test } from 'vitest';
import { describeMachine, givenUpgrade } from '../given-machine.ts';

describeMachine('a fault that is not of the release', () => {
  test('pauses the rollout; when a person says resume the host is asked again and the rollout goes on', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-refused');
    const running = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);

    const { deploymentId } = await world.story(running);
    await world.say('resume', deploymentId, { reason: 'RabbitMQ is back' });
    const story = await world.ended(running);

    expect(story.end).toBe('Succeeded');
    expect(story.path.filter((state) => ['AwaitOperator', 'VerifyWave', 'Revert'].includes(state))).toEqual([
      'AwaitOperator',
      'VerifyWave',
    ]);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });
});
