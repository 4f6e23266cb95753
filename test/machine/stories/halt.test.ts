import { expect, test } from 'vitest';
import type { World } from '../../fakes/world.ts';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  reverted,
  settled,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';

/** Seconds from now to the end of the execution. */
async function secondsToEnd(world: World, executionArn: string): Promise<number> {
  const from = world.time.now();
  await world.ended(executionArn);
  return (world.time.now() - from) / 1000;
}

describeMachine('halt, said while hosts are at work', () => {
  test('does not wait for an install that takes half an hour: nothing was touched, and it ends within 5 s', async () => {
    const world = await givenMachine({ seconds: { install: 1700 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().length === 3);
    await world.pass(10);

    await world.say('halt', (await world.story(executionArn)).deploymentId, { reason: 'wrong build' });
    const seconds = await secondsToEnd(world, executionArn);
    const story = await world.story(executionArn);

    expect(story.path).toEqual([
      ...[...toPlan, ...staged(3), 'NextWave', ...settled(3), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(story.outcome).toMatchObject({ errorName: 'HaltedError', reason: { text: 'halted by anna: wrong build' } });
    expect(story.outcome?.hosts.map((host) => host.status)).toEqual(['untouched', 'untouched', 'untouched']);
    expect(world.calls().filter((call) => call === 'commands.cancel')).toHaveLength(3);
    expect(seconds).toBeLessThan(5);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('does not wait for a gate: its host goes back at once', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ seconds: { verify: 80 } });
    await world.until(() => world.sent().includes('verify a'));
    await world.pass(5);
    const saidAt = world.time.now();

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    await world.until(() => world.sent().includes('revert a'));
    const seconds = (world.time.now() - saidAt) / 1000;
    const story = await world.ended(executionArn);

    expect(seconds).toBeLessThan(5);
    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('leaves a host that is being switched to end its step, and puts it back without its gate', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(world.calls()).not.toContain('commands.cancel');
    expect(world.sent()).not.toContain('verify a');
    expectTail(story.path, ['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('while a wave is verified after its bake: hosts that passed go back as if they serve, one after another', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ rollout: { bakeSeconds: 30, waves: ['100%'] } });
    await world.until(() => world.isParked('VerifyHost'));

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expectTail(story.path, ['NextWave', ...reverted(3), 'NextWave', 'Finish', 'RolledBack']);
    expect(world.sent().slice(-6)).toEqual([...'abc'].flatMap((name) => [`revert ${name}`, `verifyRevert ${name}`]));
    expect(world.target.mostDown()).toBe(1);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('and keep, in a gate: the host stays on the release, and the record does not say that it passed', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ seconds: { verify: 80 } });
    await world.until(() => world.sent().includes('verify a'));

    await world.say('halt', (await world.story(executionArn)).deploymentId, { isKept: true });
    const story = await world.ended(executionArn);

    expectTail(story.path, ['NextWave', ...settled(1), 'NextWave', 'Finish', 'Halted']);
    expect(story.outcome?.hosts.map((host) => host.status)).toEqual(['kept', 'untouched', 'untouched']);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
  });

  test('and keep: the record says what each host goes back to, and a later deployment that fails does so', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify b'));
    await world.say('halt', (await world.story(executionArn)).deploymentId, { isKept: true });
    const { outcome } = await world.ended(executionArn);
    await world.givenUpload(3, 'app-load-failed');

    const later = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await world.deploy({ hosts: [world.idOf(name)] });
        return world.target.running().find((line) => line.startsWith(name));
      }),
    );

    expect(outcome?.hosts.map(({ status, goesBackTo }) => `${status} ${goesBackTo?.split('-')[0]}`)).toEqual([
      ...['passed v2', 'kept v1', 'untouched v1'],
    ]);
    expect(later).toEqual(['a v2', 'b v1', 'c v1']);
  });

  test('is heard with the next heartbeat where its event is lost', async () => {
    const world = await givenMachine({ seconds: { install: 1700 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().length === 3);
    world.givenEventsLost('OnControlWritten');

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const seconds = await secondsToEnd(world, executionArn);

    expect((await world.story(executionArn)).end).toBe('FailedClean');
    expect(seconds).toBeLessThan(70);
  });

  test('before anything was sent to a host sends nothing', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.whenEntered('Plan', () => {
      void world.say('halt', world.deploymentIds()[0] ?? '');
    });

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(world.sent()).toEqual([]);
  });

  test('in a command whose send was never answered: the host is settled before the end', async () => {
    const world = await givenMachine({ seconds: { install: 1700 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    world.commandFaults.givenSend({ kind: 'lose-response' }, (request) => request.documentName.endsWith('-install'));
    await world.until(() => world.sent().length === 3);

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expectTail(story.path, [...settled(3), 'NextWave', 'Finish', 'FailedClean']);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('by a rollback, while the next release is staged: the rollback has its turn at once', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    world.target.fleet.givenFault(world.idOf('c'), 'install', 'lost-command');
    const running = await world.start();
    await world.until(() => world.sent().includes('install c'));
    await world.pass(30);
    const saidAt = world.time.now();

    const rollback = await world.start({ rollback: true });
    await world.ended(running);
    const seconds = (world.time.now() - saidAt) / 1000;

    expect(await world.ended(rollback)).toMatchObject({ end: 'Succeeded' });
    expect(await world.story(running)).toMatchObject({ end: 'FailedClean', error: 'HaltedError' });
    expect(seconds).toBeLessThan(5);
  });
});
