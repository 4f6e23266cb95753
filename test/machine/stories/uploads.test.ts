import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { deploymentView } from '../../../core/views/deployment-view.ts';
import { readDeployment } from '../../../ledger/rollout/deployment-history.ts';
import { describeMachine, givenMachine, givenRunningUpgrade, staged, toPlan, wave } from '../given-machine.ts';

describeMachine('uploads', () => {
  test('an upload deploys by itself', async () => {
    const world = await givenMachine();

    await world.upload(1);
    await world.rest();

    const [only, ...others] = await world.all();
    expect(others).toEqual([]);
    expect((await world.story(only?.executionArn ?? '')).path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect((await world.state()).newestUpload?.versionId).toBe('upload.1');
  });

  test('the same event three times, and an older one late, give one deployment', async () => {
    const world = await givenMachine();
    const older = await world.givenUpload(1);
    const newer = await world.givenUpload(2);

    for (let time = 0; time < 3; time += 1) world.uploadEvent(newer);
    await world.until(async () => (await world.state()).newestUpload !== null);
    world.uploadEvent(older);
    await world.rest();
    world.uploadEvent(newer);
    await world.pass(600);

    expect(await world.all()).toHaveLength(1);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(stableRelease(await world.state())?.release).toBe(1);
    const zips = world.bucket.keys().filter((key) => key.endsWith('.zip'));
    expect(zips).toEqual(['rollgate/payment/releases/1.zip']);
  });

  test('two uploads while one is deployed: it finishes, the older of the two is superseded, the newest deploys', async () => {
    const world = await givenMachine();
    await world.upload(1);
    await world.until(() => world.sent().includes('verify a'));

    await world.upload(2);
    await world.upload(3);
    await world.rest();

    const stories = await Promise.all((await world.all()).map(({ executionArn }) => world.story(executionArn)));
    expect(stories.map((story) => story.end)).toEqual(['Succeeded', 'Superseded', 'Succeeded']);
    expect(stories[1]?.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'Superseded']);
    expect(stories[1]?.outcome?.reason.text).toBe('a newer upload (version upload.3) took its place');
    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
  });

  test('a person goes before an upload that waits, and neither supersedes the other', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await world.upload(2);
    await world.until(() => world.sent().includes('verify a'));
    await world.upload(3);
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.deploy({ release: 'v1' });
    await world.rest();

    const ends = (await Promise.all((await world.all()).map((info) => world.story(info.executionArn)))).map(
      ({ end, outcome }) => `${end} ${outcome?.endedAt}`,
    );
    expect(ends.map((end) => end.split(' ')[0])).toEqual(Array.from({ length: 4 }, () => 'Succeeded'));
    expect([ends[3], ends[2]].toSorted()).toEqual([ends[3], ends[2]]);
    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
  });

  test('what became stable while it waited is what it takes the place of, and what a host is repaired with', async () => {
    const world = await givenMachine({ rollout: { maxFailedHosts: 0 } });
    await world.givenStable(1);
    await world.upload(2);
    await world.until(() => world.sent().includes('verify a'));
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed');
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed');
    await world.upload(3, 'app-load-failed');
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.rest();

    const last = (await world.all()).at(-1)?.executionArn ?? '';
    const { outcome, deploymentId } = await world.story(last);
    expect(outcome?.status).toBe('FailedDirty');
    expect(outcome?.hosts.map((host) => host.repair)).toContain(
      `rollgate deploy --release v2 --hosts ${world.idOf('a')}`,
    );
    const record = await readDeployment(world.ports, deploymentId);
    expect(record && deploymentView(record).release).toEqual({ from: 'v2', to: 'v3' });
  });

  test('a wake that is lost costs a heartbeat, not the deployment', async () => {
    const { world, executionArn: first } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    const second = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);
    world.faults.given('executions.taskSucceeded', { kind: 'throttle' }, { matches: /"next":"plan"/ });

    expect((await world.ended(first)).end).toBe('Succeeded');
    const freedAt = world.time.now();
    expect((await world.ended(second)).end).toBe('Succeeded');
    expect((world.time.now() - freedAt) / 1000).toBeLessThan(1000);
  });

  test('a release whose first write was repeated unnoticed is known again as the same content', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.faults.given('ledger.create', { kind: 'repeat' }, { matches: /releases\/1\.json/ });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
  });
});
