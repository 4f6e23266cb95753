import { expect, test } from 'vitest';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import { paymentYaml } from '../../given/configuration.ts';
import { afterStage, describeMachine, givenMachine, givenUpgrade, map, settled, wave } from '../given-machine.ts';

const isActivate = (request: { readonly documentName: string }) => request.documentName.endsWith('-activate');
/** The same service, calling cart at another address. */
const cartMoved = paymentYaml.replace('{ tag: { Service: cart } }', '10.9.9.9');

describeMachine('the cause decides', () => {
  test.each(['download-failed', 'upstream-refused'] as const)('before anything is touched: %s', async (failure) => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'install', failure, failure === 'download-failed' ? 2 : 1);

    const story = await world.deploy();

    // What the network stumbled over is had at the third try; an upstream that is down for everybody is not.
    expect(story.end).toBe(failure === 'download-failed' ? 'Succeeded' : 'FailedClean');
    expect(world.sent().filter((command) => command === 'install a')).toHaveLength(
      failure === 'download-failed' ? 3 : 1,
    );
  });

  test('what can not be downloaded three times ends before anything is touched', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'download-failed', 3);

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(world.sent().filter((command) => command === 'install a')).toHaveLength(3);
  });

  test('an upstream that the release before calls too is no reason to put it back: the rollout asks', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-refused');
    const running = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    const { deploymentId } = await world.story(running);
    await world.say('resume', deploymentId);
    const story = await world.ended(running);

    expect(story.end).toBe('Succeeded');
    expect(story.outcome?.hosts[0]?.diagnosis).toMatchObject({
      kind: 'shared',
      meaning: expect.stringMatching(/; v1 calls the same$/),
    });
  });

  test('an upstream at an address that came with this release is the fault of the release: it is put back', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await publishServiceConfig(world.ports, cartMoved, 'test');
    await world.givenUpload(2);
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-refused');

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(story.outcome?.hosts[0]?.diagnosis).toMatchObject({
      kind: 'release',
      meaning: expect.stringMatching(/; v1 calls it at 10\.213\.77\.21:8080$/),
    });
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a platform that takes no commands is waited for, and a person says when to go on', async () => {
    const world = await givenUpgrade();
    for (let time = 0; time < 21; time += 1) {
      world.commandFaults.givenSend(
        { kind: 'throttle' },
        (request) => isActivate(request) && request.instanceId === world.idOf('a'),
      );
    }
    const running = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);

    const { deploymentId } = await world.story(running);
    await world.say('resume', deploymentId);
    const story = await world.ended(running);

    const turn = ['Wave', 'Wave 0: Activate WaveHostUnknown', 'NextWave', ...settled(1), 'NextWave'];
    expect(afterStage(story)).toEqual([
      ...['NextWave', ...turn, ...turn, ...turn, 'AwaitOperator', 'NextWave'],
      ...[...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.sent()).not.toContain('revert a');
  });

  test('a gate that nobody answered is asked again, and the host is not put back', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'lost-result');

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...settled(1), 'NextWave', ...map('VerifyWave', 1, 'VerifyHost')],
      ...['NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });
});
