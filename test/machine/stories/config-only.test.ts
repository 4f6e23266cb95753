import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import { readRelease } from '../../../ledger/release/releases.ts';
import type { World } from '../../fakes/world.ts';
import { paymentYaml } from '../../given/configuration.ts';
import { describeMachine, givenMachine, givenUpgrade, staged, toPlan, wave } from '../given-machine.ts';

const changed = paymentYaml.replace('CART_PORT: 8080', 'CART_PORT: 8081');

async function givenConfiguration(world: World, text: string): Promise<void> {
  expect(await publishServiceConfig(world.ports, text, 'anna')).toEqual({ isChanged: true });
}

describeMachine('the configuration alone', () => {
  test('makes a new release of the stable artifact, wave by wave, though the newest upload failed', async () => {
    const world = await givenUpgrade({ behaviour: 'pip-failed' });
    expect((await world.deploy()).end).toBe('FailedClean');
    await givenConfiguration(world, changed);

    const story = await world.deploy({ configOnly: true });

    expect(story.path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
    expect(stableRelease(await world.state())).toMatchObject({ release: 3 });
    const [first, third] = await Promise.all([readRelease(world.ports, 1), readRelease(world.ports, 3)]);
    expect(third.manifest.artifact).toEqual(first.manifest.artifact);
    expect(third.manifest.zipKey).toBe(first.manifest.zipKey);
    expect(third.manifest.configuration.environment['CART_PORT']).toBe('8081');
  });

  test('where nothing of it is different is the stable release again, and no host is switched', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    const processes = () => [...'abc'].map((name) => world.target.fleet.host(world.idOf(name)).state().mainPid);
    const before = processes();

    const story = await world.deploy({ configOnly: true });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(processes()).toEqual(before);
    expect(await world.bucket.list('rollgate/payment/releases/')).toHaveLength(2);
  });

  test('is rolled back to the configuration before it', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await givenConfiguration(world, changed);
    expect((await world.deploy({ configOnly: true })).end).toBe('Succeeded');

    const rollback = await world.deploy({ rollback: true });

    expect(rollback.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('of single hosts leaves the stable release as it is', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await givenConfiguration(world, changed);

    expect((await world.deploy({ configOnly: true, hosts: [world.idOf('b')] })).end).toBe('Succeeded');

    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v1']);
    expect(stableRelease(await world.state())).toMatchObject({ release: 1 });
  });

  test('before the first stable release is refused, and touches no host', async () => {
    const world = await givenMachine();

    const story = await world.deploy({ configOnly: true });

    expect(story.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(story.error).toBe('InvalidDeploymentError');
    expect(story.cause?.split('\n')[0]).toBe(
      'configOnly: no release has succeeded on the whole target yet, so there is no artifact to take; deploy a zip first',
    );
    expect(world.sent()).toEqual([]);
  });

  test('that the artifact does not fit is refused, and touches no host', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await givenConfiguration(
      world,
      paymentYaml.replace('requirementsFile: requirements.txt', 'requirementsFile: needs.txt'),
    );

    const story = await world.deploy({ configOnly: true });

    expect(story.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(story.cause?.split('\n')[0]).toBe(
      'the artifact of v1 does not fit this configuration: the zip has no needs.txt',
    );
    expect(world.sent()).toEqual([]);
  });
});
