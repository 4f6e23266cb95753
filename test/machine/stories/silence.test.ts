import { expect, test } from 'vitest';
import { endsOf } from '../../fakes/security-groups.ts';
import { describeMachine, givenUpgrade } from '../given-machine.ts';

describeMachine('an upstream that keeps silent', () => {
  test('at the preflight ends the deployment before anything is touched, and the record names the missing rule', async () => {
    const world = await givenUpgrade();
    world.securityGroups.givenEnds(endsOf('10.213.77.11', '10.213.77.21'));
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'upstream-unreachable');

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.hosts.find((host) => host.name === 'a')?.diagnosis).toMatchObject({
      cause: 'upstream-unreachable',
      command:
        'aws ec2 authorize-security-group-ingress --group-id sg-0c --protocol tcp --port 8080 --source-group sg-0a',
    });
    expect(world.securityGroups.asked).toEqual([`${world.idOf('a')} to 10.213.77.21`]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('whose security groups can not be read fails the step as ever', async () => {
    const world = await givenUpgrade();
    world.faults.given('securityGroups.ends', { kind: 'throttle' });
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'upstream-unreachable');

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.hosts.find((host) => host.name === 'a')?.diagnosis?.meaning).toContain(
      '(the security groups could not be read: securityGroups.ends: Rate exceeded)',
    );
  });

  test.each(['event', 'sweep'] as const)('is looked into by whoever sees the end first: %s', async (first) => {
    const world = await givenUpgrade();
    world.securityGroups.givenEnds(endsOf('10.213.77.11', '10.213.77.21', 8080));
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'upstream-unreachable');
    world.givenEventsLost('OnCommandStatus', first === 'sweep');

    const running = await world.start();
    if (first === 'sweep') {
      await world.pass(25);
      await world.sweep();
    }
    const story = await world.ended(running);

    expect(story.end).toBe('FailedClean');
    expect(world.securityGroups.asked).toHaveLength(1);
  });
});
