import { expect, test } from 'vitest';
import { keys } from '../../../ledger/keys.ts';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  map,
  reverted,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';

describeMachine('an operator', () => {
  test('approves before the first wave', async () => {
    const world = await givenMachine({ rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);

    await world.say('approve', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'AwaitOperator', 'NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave'],
      ...['Finish', 'Succeeded'],
    ]);
  });

  test('never approves: when the time is up nothing was touched, and it ends FailedClean', async () => {
    const world = await givenMachine({ rollout: { approval: { when: 'before-first-wave', timeLimitSeconds: 7200 } } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual(['NextWave', 'AwaitOperator', 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toBe('nobody ended the approval within its time limit');
  });

  test('does not approve the second wave: the first is put back, also where the budget would allow it', async () => {
    const approval = { when: 'after-wave 1', timeLimitSeconds: 7200 };
    const world = await givenMachine({ rollout: { approval, maxFailedHosts: 3 } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', 'AwaitOperator', 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('must approve an upload: until then no host hears of it', async () => {
    const world = await givenMachine({ rollout: { approval: { when: 'before-staging', for: 'uploads' } } });
    await world.upload(1);
    await world.until(() => world.isParked('AwaitOperator'));
    await world.pass(3600);
    expect(world.sent()).toEqual([]);
    const executionArn = (await world.all())[0]?.executionArn ?? '';

    await world.say('approve', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(story.path).toEqual([
      ...[...toPlan, 'Stage', 'NextWave', 'AwaitOperator', 'NextWave', ...staged(3)],
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('asks for a release while uploads must be approved: it waits for nobody', async () => {
    const world = await givenMachine({ rollout: { approval: { when: 'before-staging', for: 'uploads' } } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...[...toPlan, ...staged(3)],
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('never approves an upload: it ends FailedClean, and no host ever heard of it', async () => {
    const approval = { when: 'before-staging', for: 'uploads', timeLimitSeconds: 7200 };
    const world = await givenMachine({ rollout: { approval } });
    await world.upload(1);
    await world.rest();

    const story = await world.lastStory();

    expect(story.path).toEqual([...toPlan, 'Stage', 'NextWave', 'AwaitOperator', 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toBe('nobody ended the approval within its time limit');
    expect(story.outcome?.hosts.map((host) => `${host.name} ${host.status}`)).toEqual([
      ...['a untouched', 'b untouched', 'c untouched'],
    ]);
    expect(world.sent()).toEqual([]);
  });

  test('halts an upload that waits to be approved, before anything is staged', async () => {
    const world = await givenMachine({ rollout: { approval: { when: 'before-staging', for: 'uploads' } } });
    await world.upload(1);
    await world.until(() => world.isParked('AwaitOperator'));
    const executionArn = (await world.all())[0]?.executionArn ?? '';

    await world.say('halt', (await world.story(executionArn)).deploymentId, { reason: 'who uploaded this?' });
    const story = await world.ended(executionArn);

    expectTail(story.path, ['AwaitOperator', 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toBe('halted by anna: who uploaded this?');
    expect(world.sent()).toEqual([]);
  });

  test('stops the execution of an upload that waits to be approved: the repair finds every host untouched', async () => {
    const world = await givenMachine({ rollout: { approval: { when: 'before-staging', for: 'uploads' } } });
    await world.upload(1);
    await world.until(() => world.isParked('AwaitOperator'));

    await world.executions.stop((await world.all())[0]?.executionArn ?? '', 'Stopped', 'in the console');
    await world.rest();

    const repair = await world.lastStory();
    expectTail(repair.path, ['AcquireLock', 'NextWave', 'Finish', 'FailedClean']);
    expect(world.sent()).toEqual([]);
  });

  test('pauses in the middle of a wave: no further host starts until resume', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('activate b'));
    const { deploymentId } = await world.story(executionArn);

    await world.say('pause', deploymentId);
    await world.until(() => world.isParked('AwaitOperator'));
    await world.pass(3000);
    expect(world.sent()).not.toContain('activate c');
    await world.say('resume', deploymentId);
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave'],
      ...['Wave', 'Wave 0: Activate HealthGate', 'Wave 1: Activate NotActivated', 'NextWave'],
      ...['AwaitOperator', 'NextWave', ...wave(1), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('is heard also where the event of the word is lost', async () => {
    const world = await givenMachine({ rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    world.givenEventsLost('OnControlWritten');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    await world.say('approve', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(story.end).toBe('Succeeded');
    expect((world.time.now() - world.beginning) / 1000).toBeLessThan(1200);
  });

  test('speaks while the token is being parked, and is heard at once', async () => {
    const world = await givenMachine({ rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    world.givenEventsLost('OnControlWritten');
    world.whenEntered('AwaitOperator', () => {
      const deploymentId = world.deploymentIds()[0] ?? '';
      const word = { by: 'anna', at: new Date(world.time.now()).toISOString(), reason: '' };
      void world.bucket.put(keys.control('payment', 'approve', deploymentId, word), JSON.stringify(word));
    });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect((world.time.now() - world.beginning) / 1000).toBeLessThan(120);
  });

  test('halts while it waits for approval: nothing was touched', async () => {
    const world = await givenMachine({ rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    await world.say('halt', (await world.story(executionArn)).deploymentId, { reason: 'lunch' });
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual(['NextWave', 'AwaitOperator', 'NextWave', 'Finish', 'FailedClean']);
    expect(story).toMatchObject({ error: 'HaltedError', outcome: { reason: { text: 'halted by anna: lunch' } } });
  });

  test('halts while it bakes: the wave is put back at once', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ rollout: { bakeSeconds: 3600 } });
    await world.until(() => world.isParked('Bake'));
    const saidAt = world.time.now();

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expectTail(story.path, ['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect((world.time.now() - saidAt) / 1000).toBeLessThan(30);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('halts and keeps: the hosts stay as they are, and who runs what is listed', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ rollout: { bakeSeconds: 3600 } });
    await world.until(() => world.isParked('Bake'));

    await world.say('halt', (await world.story(executionArn)).deploymentId, { isKept: true });
    const story = await world.ended(executionArn);

    expectTail(story.path, ['Bake', 'NextWave', 'Finish', 'Halted']);
    expect(story.error).toBe('HaltedError');
    expect(story.outcome?.hosts.map((host) => `${host.name} ${host.status}`)).toEqual([
      ...['a passed', 'b untouched', 'c untouched'],
    ]);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
  });

  test('resumes what was halted: the release goes to the rest, and becomes stable', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ rollout: { bakeSeconds: 60 } });
    await world.until(() => world.isParked('Bake'));
    const { deploymentId } = await world.story(executionArn);
    await world.say('halt', deploymentId, { isKept: true });
    await world.ended(executionArn);

    const resumed = await world.deploy({ resume: deploymentId });

    expect(resumed.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect((await world.state()).stableHistory.at(-1)?.release).toBe(2);
  });

  test('halts while a host is switched: it ends its step, goes back first, and then those that serve', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate b'));

    await world.say('halt', (await world.story(executionArn)).deploymentId);
    const story = await world.ended(executionArn);

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave'],
      ...['Wave', 'Wave 0: Activate HealthGate', 'Wave 1: Activate NotActivated', 'NextWave'],
      ...[...reverted(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('halts while it waits for the lock: it ends at once and the holder goes on', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const waiting = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.say('halt', (await world.story(waiting)).deploymentId, { reason: 'not now' });
    const story = await world.ended(waiting);

    expect(story.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'FailedClean']);
    expect(story.error).toBe('HaltedError');
    expect((await world.ended(holder)).end).toBe('Succeeded');
  });

  test('an earlier pause that was resumed does not cut a later bake short', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 600 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('activate a'));
    const { deploymentId } = await world.story(executionArn);
    await world.say('pause', deploymentId);
    await world.until(() => world.isParked('AwaitOperator'));
    await world.pass(10);
    await world.say('resume', deploymentId);

    const story = await world.ended(executionArn);

    expect(story.end).toBe('Succeeded');
    expect(story.path.filter((line) => line === 'Bake')).toHaveLength(2);
    expect((world.time.now() - world.beginning) / 1000).toBeGreaterThan(1200);
  });

  test('pauses while the last wave bakes: it does not end before resume', async () => {
    const world = await givenMachine({ hosts: 'a', rollout: { bakeSeconds: 600 } });
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    const { deploymentId } = await world.story(executionArn);

    await world.say('pause', deploymentId);
    await world.until(() => world.isParked('AwaitOperator'));
    await world.pass(1000);
    await world.say('resume', deploymentId);
    const story = await world.ended(executionArn);

    expectTail(story.path, [
      ...['Bake', 'NextWave', 'AwaitOperator', 'NextWave', ...map('VerifyWave', 1, 'VerifyHost')],
      ...['NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('has frozen the target: nothing is queued, nothing is touched', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFrozen('sale');

    const story = await world.deploy();

    expect(story.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(story.error).toBe('DeploymentLockedError');
    expect(story.cause?.split('\n')[0]).toBe('the target is frozen by anna (sale); rollgate unfreeze ends that');
    expect(world.sent()).toEqual([]);
  });

  test('freezes the target while one waits: the holder finishes, the one that waits is refused', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const waiting = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);

    world.givenFrozen('sale');

    expect((await world.ended(holder)).end).toBe('Succeeded');
    expect(await world.ended(waiting)).toMatchObject({ end: 'FailedClean', error: 'DeploymentLockedError' });
  });
});
