import { expect, test } from 'vitest';
import type { World } from '../../fakes/world.ts';
import { describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';

/** v1 is stable, zips 2 and 3 were uploaded a minute apart, and no event of either has come. */
async function givenLateEvents(): Promise<{ readonly world: World; readonly two: string; readonly three: string }> {
  const world = await givenUpgrade();
  const two = (await world.artifacts.versions())[0]?.versionId ?? '';
  await world.pass(60);
  const three = (await world.givenUpload(3)).versionId;
  return { world, two, three };
}

async function lateEvent(world: World, versionId: string): Promise<void> {
  const version = (await world.artifacts.versions()).find((each) => each.versionId === versionId);
  if (version === undefined) throw new Error(`${versionId} is not in the bucket`);
  world.uploadEvent(version);
  await world.rest();
}

describeMachine('an older upload whose event is late', () => {
  test('does not replace the newer zip that a person has deployed since', async () => {
    const { world, two, three } = await givenLateEvents();
    const person = await world.deploy({ by: 'anna' });
    const before = (await world.all()).length;

    await lateEvent(world, two);

    expect(await world.all()).toHaveLength(before);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect((await world.state()).newestUpload).toMatchObject({
      versionId: three,
      deploymentId: person.deploymentId,
      by: 'anna',
      uploadedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
    });
  });

  test('ends Superseded and names the deployment of the person where its execution was started before that', async () => {
    const { world, two, three } = await givenLateEvents();
    const person = await world.deploy({ by: 'anna' });

    const late = await world.deploy({ upload: two });

    expect(late.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'Superseded']);
    expect(late.outcome?.reason).toEqual({
      code: 'asked-since',
      text: `anna asked for the deployment of a newer upload (version ${three}): ${person.deploymentId}`,
    });
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('ends Superseded where it waits for the lock while a person asks for the newer zip', async () => {
    const { world, two, three } = await givenLateEvents();
    const holder = await world.start({ release: 'v1' });
    await world.until(() => world.sent().includes('install a'));
    const waiting = await world.start({ upload: two });
    await world.until(async () => (await world.state()).queue.length === 1);

    const person = await world.deploy({ versionId: three, by: 'anna' });

    expect((await world.story(holder)).end).toBe('Succeeded');
    expect(person.end).toBe('Succeeded');
    const late = await world.ended(waiting);
    expect(late.end).toBe('Superseded');
    expect(late.outcome?.reason.text).toContain(`anna asked for the deployment of a newer upload (version ${three})`);
  });

  test('is told from a newer one by its time, where the newer zip is deleted from the bucket', async () => {
    const { world, two, three } = await givenLateEvents();
    await world.deploy();
    world.artifacts.givenDeleted(three);

    await lateEvent(world, two);
    const started = await world.deploy({ upload: two });

    expect(started.end).toBe('Superseded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('is told from a newer one of the same second by the order of the bucket', async () => {
    const world = await givenUpgrade();
    const [two] = await world.artifacts.versions();
    const three = await world.givenUpload(3);
    expect(three.uploadedAt).toBe(two?.uploadedAt);
    await world.deploy();

    const late = await world.deploy({ upload: two?.versionId });

    expect(late.end).toBe('Superseded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('stays older though a person deploys an even older zip by its version id', async () => {
    const { world, two, three } = await givenLateEvents();
    const one = (await world.artifacts.versions()).at(-1)?.versionId ?? '';
    await world.deploy();

    const back = await world.deploy({ versionId: one });
    await lateEvent(world, two);

    expect(back.end).toBe('Succeeded');
    expect((await world.state()).newestUpload?.versionId).toBe(three);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });
});

describeMachine('the upload of the very zip that a person has deployed', () => {
  test('does not come back after the rollback of that deployment', async () => {
    const { world, three } = await givenLateEvents();
    const person = await world.deploy({ by: 'anna' });
    await world.deploy({ rollback: true });

    await lateEvent(world, three);

    const late = await world.story((await world.all()).at(-1)?.executionArn ?? '');
    expect(late.end).toBe('Superseded');
    expect(late.outcome?.reason.text).toBe(
      `anna asked for the deployment of this upload (version ${three}) before its event came: ${person.deploymentId}`,
    );
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('still goes to the whole target after a deployment to named hosts', async () => {
    const { world, two, three } = await givenLateEvents();
    await world.deploy({ hosts: [world.idOf('a')] });

    await lateEvent(world, two);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
    await lateEvent(world, three);

    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });
});

describeMachine('the newest upload is not moved', () => {
  test('by a dry run, a release or a rollback: an upload whose event comes afterwards is deployed', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    const before = (await world.state()).newestUpload;
    const three = await world.givenUpload(3);

    await world.deploy({ dryRun: true });
    await world.deploy({ release: 'v1' });
    await world.deploy({ rollback: true, release: 'v2' });

    expect((await world.state()).newestUpload).toEqual(before);
    await lateEvent(world, three.versionId);
    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
  });

  test('by a deployment that is refused', async () => {
    const { world, two } = await givenLateEvents();
    expect((await world.deploy({ hosts: ['i-000000000000000ff'] })).end).toBe('FailedClean');

    await lateEvent(world, two);

    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect((await world.state()).newestUpload?.versionId).toBe(two);
  });

  test('by an older zip that waited before the newer upload came', async () => {
    const { world, two, three } = await givenLateEvents();
    const holder = await world.start({ release: 'v1' });
    await world.until(() => world.sent().includes('install a'));
    await world.start({ versionId: two });
    await world.until(async () => (await world.state()).queue.length === 1);

    const newer = await world.deploy({ upload: three });

    expect((await world.story(holder)).end).toBe('Succeeded');
    expect(newer.end).toBe('Succeeded');
    expect((await world.state()).newestUpload?.versionId).toBe(three);
    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
  });
});
