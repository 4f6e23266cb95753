import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import type { World } from '../../fakes/world.ts';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  givenUpgrade,
  reverted,
  settled,
  staged,
  wave,
} from '../given-machine.ts';

async function skip(world: World, executionArn: string, name: string, reason = 'broken disk'): Promise<void> {
  await world.say('skip', (await world.story(executionArn)).deploymentId, { hosts: [world.idOf(name)], reason });
}

describeMachine('a host that is skipped', () => {
  test('before its turn is not touched; the release becomes stable, and no sweep brings it there', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));

    await skip(world, executionArn, 'c');
    const story = await world.ended(executionArn);
    await world.pass(600);
    await world.sweep();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...wave(1), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(story.outcome?.reason.text).toBe('v2 runs on 2 hosts and every one passed its gate; left out: c');
    expect(story.outcome?.hosts[2]).toMatchObject({ status: 'skipped', why: 'skipped by anna: broken disk' });
    expect(stableRelease(await world.state())?.release).toBe(2);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v1']);
    expect(await world.all()).toHaveLength(2);
  });

  test('while it is staged is not waited for, and is settled before the end', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.target.fleet.givenFault(world.idOf('c'), 'install', 'lost-command');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('install c'));
    await world.pass(30);
    const saidAt = world.time.now();

    await skip(world, executionArn, 'c');
    const story = await world.ended(executionArn);

    expectTail(story.path, ['NextWave', ...settled(1), 'NextWave', 'Finish', 'Succeeded']);
    expect(story.outcome?.hosts.map((host) => host.status)).toEqual(['passed', 'passed', 'skipped']);
    expect((world.time.now() - saidAt) / 1000).toBeLessThan(60);
  });

  test('in its gate goes back, counts against no budget, and the others go on', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ seconds: { verify: 60 } });
    await world.until(() => world.sent().includes('verify a'));

    await skip(world, executionArn, 'a');
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...[
        'NextWave',
        ...wave(1),
        'NextWave',
        ...reverted(1),
        'NextWave',
        ...wave(2),
        'NextWave',
        'Finish',
        'Succeeded',
      ],
    ]);
    expect(story.outcome?.hosts.map((host) => host.status)).toEqual(['skipped', 'passed', 'passed']);
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
  });

  test('while it waits for the end of a fault that is not of the release goes back, and the rollout goes on', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-refused');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    await skip(world, executionArn, 'a');
    const story = await world.ended(executionArn);

    expectTail(story.path, [
      ...['AwaitOperator', 'NextWave', ...reverted(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
  });

  test('does not make a bake shorter', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 600 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    await world.pass(100);
    const saidAt = world.time.now();

    await skip(world, executionArn, 'c');
    await world.until(() => world.sent().includes('activate b'));

    expect((world.time.now() - saidAt) / 1000).toBeGreaterThan(499);
    expect((await world.ended(executionArn)).end).toBe('Succeeded');
  });

  test('and is the whole wave before which a person approves: the approval is asked for all the same', async () => {
    const world = await givenMachine({ hosts: 'ab', rollout: { approval: 'before-first-wave', waves: [1, '100%'] } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    await skip(world, executionArn, 'a');
    await world.pass(60);
    expect(world.sent().filter((command) => command.startsWith('activate'))).toEqual([]);
    await world.say('approve', (await world.story(executionArn)).deploymentId);

    expect((await world.ended(executionArn)).outcome?.hosts.map((host) => host.status)).toEqual(['skipped', 'passed']);
  });
});

describeMachine('retry, while a deployment runs', () => {
  test('asks the hosts again that wait for the end of a fault, and a pause stays a pause', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-refused');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const { deploymentId } = await world.story(executionArn);
    await world.say('pause', deploymentId);
    await world.pass(10);

    await world.say('retry', deploymentId, { hosts: [world.idOf('a')] });
    await world.pass(600);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
    expect((await world.story(executionArn)).path).toContain('VerifyWave');
    await world.say('resume', deploymentId);

    expect((await world.ended(executionArn)).end).toBe('Succeeded');
  });

  test('stages a host once more that could not be staged, and it gets the release with the others', async () => {
    const world = await givenMachine({ rollout: { maxFailedHosts: 1, approval: 'before-first-wave' } });
    await world.givenUpload(1);
    world.target.fleet.givenFault(world.idOf('b'), 'install', 'pip-failed');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const { deploymentId } = await world.story(executionArn);

    await world.say('retry', deploymentId, { hosts: [world.idOf('b')] });
    await world.until(() => world.sent().filter((command) => command === 'install b').length === 2);
    await world.pass(60);
    await world.say('approve', deploymentId);
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'AwaitOperator', 'NextWave', ...staged(1), 'NextWave', 'AwaitOperator', 'NextWave'],
      ...[...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(story.outcome?.hosts.map((host) => `${host.status} ${host.diagnosis}`)).toEqual(
      Array(3).fill('passed null'),
    );
  });

  test('activates a host once more that was put back within the budget; once, for one word', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, bakeSeconds: 60 } });
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'http-failed', 2);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verifyRevert a'));
    const { deploymentId } = await world.story(executionArn);

    await world.say('retry', deploymentId, { hosts: [world.idOf('a')] });
    await world.until(() => world.sent().filter((command) => command === 'verifyRevert a').length === 2);
    await world.until(() => world.isParked('Bake'));
    await world.say('retry', deploymentId, { hosts: [world.idOf('a')] });
    const story = await world.ended(executionArn);

    expect(story.end).toBe('Succeeded');
    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(3);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect(stableRelease(await world.state())?.release).toBe(2);
  });
});

describeMachine('a deployment that has ended', () => {
  test('is retried on the hosts that failed alone; stable moves, because all others were seen on the release', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1 } });
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');
    const { deploymentId, end } = await world.deploy();
    expect(end).toBe('Degraded');
    const before = world.sent().length;

    const story = await world.deploy({ retry: deploymentId });

    expect(story.end).toBe('Succeeded');
    expect(world.sent().slice(before)).toEqual(['install b', 'activate b', 'verify b']);
    expect(stableRelease(await world.state())?.release).toBe(2);
  });

  test('is retried on named hosts, and stable does not move where another host was left behind', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 2 } });
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');
    const { deploymentId } = await world.deploy({ hosts: [world.idOf('a'), world.idOf('b')] });

    expect((await world.deploy({ retry: deploymentId })).end).toBe('Succeeded');
    expect(stableRelease(await world.state())?.release).toBe(1);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v1']);
  });

  test('is resumed: the hosts that failed and those that remain get the release, the others are only verified', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify b'));
    const { deploymentId } = await world.story(executionArn);
    await world.say('halt', deploymentId, { isKept: true });
    expect((await world.ended(executionArn)).end).toBe('Halted');
    const startedAt = world.target.fleet.host(world.idOf('a')).state().startedAt;

    const story = await world.deploy({ resume: deploymentId });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect(world.target.fleet.host(world.idOf('a')).state().startedAt).toBe(startedAt);
    expect(stableRelease(await world.state())?.release).toBe(2);
  });

  test.each([
    ['resume', 'left nothing to do (Succeeded); to deploy the same again: rollgate deploy --release v1'],
    ['retry', 'left nothing to do (Succeeded); to deploy the same again: rollgate deploy --release v1'],
  ])('well is refused by %s, which says what to type', async (verb, why) => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const { deploymentId } = await world.deploy();

    const story = await world.deploy({ [verb]: deploymentId });

    expect(story).toMatchObject({ end: 'FailedClean', error: 'InvalidDeploymentError' });
    expect(story.cause?.split('\n')[0]).toBe(`${verb}: ${deploymentId} ${why}`);
  });

  test('by a halt has no failed host: retry names resume', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    const { deploymentId } = await world.story(executionArn);
    await world.say('halt', deploymentId);
    await world.ended(executionArn);

    const story = await world.deploy({ retry: deploymentId });

    expect(story.cause?.split('\n')[0]).toBe(
      `retry: no host of ${deploymentId} has failed (halted by anna); for what remains: rollgate resume ${deploymentId}`,
    );
  });

  test('not yet is refused: its words are said to it', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    const { deploymentId } = await world.story(executionArn);

    const story = await world.deploy({ resume: deploymentId });

    expect(story.cause?.split('\n')[0]).toBe(
      `resume: ${deploymentId} has not ended; rollgate resume ${deploymentId} is said to it while it runs`,
    );
    expect((await world.ended(executionArn)).end).toBe('Succeeded');
  });
});
