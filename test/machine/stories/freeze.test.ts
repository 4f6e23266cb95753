import { expect, test } from 'vitest';
import { wholeTarget } from '../../../ledger/keys.ts';
import { readAdmitted } from '../../../ledger/rollout/deployments.ts';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine, givenRunningUpgrade } from '../given-machine.ts';

describeMachine('a target that is frozen', () => {
  test('takes nothing from that moment on: what runs goes on, what waits is told why at once', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const waiting = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.say('freeze', wholeTarget, { reason: 'sale' });
    const refused = await world.ended(waiting);

    expect(refused.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'FailedClean']);
    expect(refused.cause?.split('\n')[0]).toBe('the target is frozen by anna (sale); rollgate unfreeze ends that');
    expect((await world.state()).lock).not.toBeNull();
    expect((await world.ended(holder)).end).toBe('Succeeded');
    expect((await world.deploy({ release: 'v1' })).error).toBe('DeploymentLockedError');
  });

  test('and unfrozen takes deployments again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    await world.say('freeze', wholeTarget, { reason: 'sale' });
    await world.until(async () => (await world.state()).freeze !== null);
    await world.pass(60);

    await world.say('unfreeze', wholeTarget);
    await world.until(async () => (await world.state()).freeze === null);

    expect((await world.deploy()).end).toBe('Succeeded');
  });

  test('by a word whose event was lost is frozen by the sweep', async () => {
    const world = await givenMachine();
    world.givenEventsLost('OnControlWritten');
    await world.say('freeze', wholeTarget, { reason: 'sale' });
    await world.pass(60);
    expect((await world.state()).freeze).toBeNull();

    await world.sweep();

    expect((await world.state()).freeze).toMatchObject({ by: 'anna', reason: 'sale' });
  });
});

describeMachine('a rollback of a target that is frozen', () => {
  test('is refused with the sentence that names the option', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await freeze(world);

    const story = await world.deploy({ rollback: true });

    expect(story.error).toBe('DeploymentLockedError');
    expect(story.cause?.split('\n')[0]).toBe(
      'the target is frozen by anna (sale); rollgate unfreeze ends that; to go back all the same: rollgate rollback --through-freeze',
    );
  });

  test('is taken with the option, says so in its record, and leaves the target frozen', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await freeze(world);

    const story = await world.deploy({ rollback: true, throughFreeze: true });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(await readAdmitted(world.ports, story.deploymentId)).toMatchObject({
      request: { kind: 'rollback', isThroughFreeze: true },
      throughFreeze: { by: 'anna', reason: 'sale' },
    });
    expect((await world.state()).freeze).toMatchObject({ by: 'anna' });
    expect((await world.deploy({ release: 'v2' })).error).toBe('DeploymentLockedError');
  });

  test('halts the rollout that runs, and is not kept by a freeze that comes while it waits for the lock', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const behind = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);
    const waiting = await world.start({ rollback: true, throughFreeze: true });
    await world.until(async () => (await world.state()).queue.length === 2);

    await world.say('freeze', wholeTarget, { reason: 'sale' });

    expect((await world.ended(waiting)).end).toBe('Succeeded');
    expect((await world.ended(holder)).error).toBe('HaltedError');
    expect((await world.ended(behind)).error).toBe('DeploymentLockedError');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that waits for the lock without the option is refused when the freeze comes, with the option named', async () => {
    const { world } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const waiting = await world.start({ rollback: true });
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.say('freeze', wholeTarget, { reason: 'sale' });

    expect((await world.ended(waiting)).cause).toContain('rollgate rollback --through-freeze');
    await world.rest();
  });
});

async function freeze(world: World): Promise<void> {
  await world.say('freeze', wholeTarget, { reason: 'sale' });
  await world.until(async () => (await world.state()).freeze !== null);
  await world.pass(60);
}

async function unfreeze(world: World): Promise<void> {
  await world.say('unfreeze', wholeTarget);
  await world.until(async () => (await world.state()).freeze === null);
}

async function refusedVersions(world: World): Promise<readonly string[]> {
  return (await world.state()).refusedUploads?.map((each) => each.versionId) ?? [];
}

describeMachine('an upload that is refused because the target is frozen', () => {
  test('stays on record until a person deploys it', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await freeze(world);
    const two = await world.upload(2);
    await world.rest();
    const refused = await world.story((await world.all()).at(-1)?.executionArn ?? '');
    await unfreeze(world);

    expect(refused.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect((await world.state()).refusedUploads).toEqual([
      {
        versionId: two.versionId,
        uploadedAt: two.uploadedAt,
        deploymentId: refused.deploymentId,
        at: two.uploadedAt,
      },
    ]);
    expect((await world.deploy({ versionId: two.versionId })).end).toBe('Succeeded');
    expect(await refusedVersions(world)).toEqual([]);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('stays on record also where it waited for the lock when the freeze came', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const three = await world.upload(3);
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.say('freeze', wholeTarget, { reason: 'sale' });
    await world.ended(holder);
    await world.rest();
    await unfreeze(world);

    expect(await refusedVersions(world)).toEqual([three.versionId]);
    expect((await world.deploy({ versionId: three.versionId })).end).toBe('Succeeded');
    expect(await refusedVersions(world)).toEqual([]);
  });

  test('is one of several: they stand newest first, and the next upload takes the place of all', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await freeze(world);
    const two = await world.upload(2);
    const three = await world.upload(3);
    await world.rest();
    expect(await refusedVersions(world)).toEqual([three.versionId, two.versionId]);
    await unfreeze(world);

    await world.deploy({ versionId: two.versionId });
    expect(await refusedVersions(world)).toEqual([three.versionId]);
    await world.deploy({ versionId: three.versionId, hosts: [world.idOf('a')] });
    expect(await refusedVersions(world)).toEqual([three.versionId]);
    await world.upload(4);
    await world.rest();

    expect(await refusedVersions(world)).toEqual([]);
  });

  test('is not on record where a newer version was deployed before the freeze', async () => {
    const world = await givenMachine();
    const one = await world.givenUpload(1);
    await world.givenStable(2);
    await freeze(world);

    expect((await world.deploy({ upload: one.versionId })).end).toBe('FailedClean');

    expect(await refusedVersions(world)).toEqual([]);
    await unfreeze(world);
  });
});
