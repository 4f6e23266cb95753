import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import { keys } from '../../../ledger/keys.ts';
import { readOutcome } from '../../../ledger/rollout/deployments.ts';
import {
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  givenUpgrade,
  reverted,
  settled,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';

describeMachine('an execution that dies', () => {
  test('in the middle of a wave is repaired: every touched host is put back, the lock is free, the next one deploys', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate b'));

    await world.executions.stop(executionArn, 'Stopped', 'in the console');
    await world.rest();

    const repair = await world.lastStory();
    expect((await world.story(executionArn)).status).toBe('ABORTED');
    expect(repair.path).toEqual([
      ...['Admit', 'AcquireLock', 'NextWave', ...reverted(1), 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(repair.outcome?.reason.text).toBe('its execution ended early (stopped or lost) and was repaired');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect((await world.deploy({ release: 'v2' })).end).toBe('Succeeded');
  });

  test('while it stages is repaired without touching anything', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('install c'));

    await world.executions.stop(executionArn, 'Stopped', 'in the console');
    await world.rest();

    expect((await world.lastStory()).path).toEqual([
      ...['Admit', 'AcquireLock', 'NextWave', ...settled(3), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('between its admission and the queue, and no event tells of it: the sweep gives it an end', async () => {
    const world = await givenUpgrade();
    world.givenEventsLost('OnExecutionStatus');
    const dies = (): Promise<void> => {
      world.kill();
      return new Promise(() => undefined);
    };
    world.faults.given('ledger.replace', { kind: 'intrude', intruder: dies }, { matches: /state\.json/ });
    await world.start();
    await world.rest();
    const [, deploymentId = ''] = world.deploymentIds();
    const before = await readOutcome(world.ports, deploymentId);

    await world.pass(300);
    await world.sweep();
    await world.rest();

    expect(before).toBeUndefined();
    expect(await readOutcome(world.ports, deploymentId)).toMatchObject({ status: 'FailedClean' });
    expect(await world.state()).toMatchObject({ lock: null, queue: [] });
  });

  test('while it waits leaves the queue, and the next one does not wait for it', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate a'));
    const dead = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);

    await world.executions.stop(dead, 'Stopped', 'in the console');
    await world.until(async () => (await world.all()).length === 4);
    const repair = await world.ended((await world.lastStory()).executionArn);

    expect(repair.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'FailedClean']);
    expect((await world.state()).queue).toEqual([]);
    expect((await world.ended(holder)).end).toBe('Succeeded');
  });

  test('after every host has passed is only ended: a good release is not reverted', async () => {
    const world = await givenUpgrade();
    world.whenEntered('Finish', (executionArn) => void world.executions.stop(executionArn, 'Stopped', ''));

    await world.deploy();
    await world.rest();

    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect(stableRelease(await world.state())?.release).toBe(2);
  });

  test('unnoticed is found by the sweep', async () => {
    const world = await givenUpgrade();
    world.givenEventsLost('OnExecutionStatus');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    await world.executions.stop(executionArn, 'Stopped', '');

    await world.sweep();
    await world.sweep();
    await world.rest();

    expect(await world.all()).toHaveLength(3);
    expect((await world.lastStory()).end).toBe('RolledBack');
  });

  test('leaves tokens that the sweep removes, as it does those of all that has ended', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade({ rollout: { bakeSeconds: 30 } });
    await world.until(() => world.sent().includes('activate a'));
    const dead = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);
    await world.executions.stop(dead, 'Stopped', '');
    await world.until(() => world.sent().includes('verify a'));
    await world.executions.stop(holder, 'Stopped', '');
    await world.rest();

    await world.pass(901);
    await world.sweep();

    expect(world.bucket.keys().filter((key) => key.startsWith(keys.parkedTasks))).toEqual([]);
  });

  test('unnoticed is found by the next deployment, which then has its turn', async () => {
    const world = await givenUpgrade();
    world.givenEventsLost('OnExecutionStatus');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    await world.executions.stop(executionArn, 'Stopped', '');

    const next = await world.deploy({ release: 'v2' });

    expect(next.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('with a repair that dies too is repaired again by the sweep', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('activate b'));
    world.whenEntered('VerifyRevert', (repair) => void world.executions.stop(repair, 'Stopped', ''));

    await world.executions.stop(executionArn, 'Stopped', '');
    await world.rest();
    expect((await world.state()).lock).toMatchObject({ purpose: 'repair', repairs: 1 });
    await world.sweep();
    await world.rest();

    expect((await world.lastStory()).end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('with a repair that dies before it takes over is repaired all the same', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    world.whenEntered('Admit', (repair) => void world.executions.stop(repair, 'Stopped', ''));
    await world.executions.stop(executionArn, 'Stopped', '');
    await world.rest();
    expect((await world.state()).lock?.executionArn).toBe(executionArn);

    await world.sweep();
    await world.rest();

    expect((await world.lastStory()).end).toBe('RolledBack');
  });

  test('again and again ends as it is after three repairs, and names the hosts', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    world.givenFunctionFault('DecideNextWave', 'TypeError', { times: 20 });

    await world.executions.stop(executionArn, 'Stopped', '');
    await world.rest();
    for (let sweeps = 0; sweeps < 2; sweeps += 1) {
      expect((await world.state()).lock).not.toBeNull();
      await world.sweep();
      await world.rest();
    }
    world.clearFaults();

    const last = await world.lastStory();
    expect(last.path).toEqual(['Admit', 'AcquireLock', 'NextWave', 'Finish', 'FailedDirty']);
    expect(last.cause).toContain(`To repair: a: rollgate deploy --release v1 --hosts ${world.idOf('a')}`);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
    expect(await world.all()).toHaveLength(5);
  });

  test('right after it handed the lock on: the sweep starts its successor', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    world.whenEntered('NextWave', () => world.givenLongHistory(executionArn));
    world.faults.given('executions.start', { kind: 'throttle' }, { matches: /continue/, times: 7 });
    await world.ended(executionArn);
    await world.rest();
    expect(await world.all()).toHaveLength(1);

    await world.sweep();
    await world.rest();

    expect((await world.lastStory()).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });
});

describeMachine('an execution that has lost the lock', () => {
  test('changes nothing when it is redriven after its repair', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    await world.executions.stop(executionArn, 'Stopped', '');
    await world.rest();
    const sent = world.sent().length;
    const { deploymentId } = await world.story(executionArn);

    const { fence } = (await world.story(executionArn)).decisions[0] ?? { fence: 0 };
    const step = { token: 'token', action: 'activate', deploymentId, fence, round: 1, instanceId: world.idOf('b') };

    await expect(world.call('RunHostStep', step)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
    await expect(
      world.call('AcquireLock', { token: 'token', executionArn, deploymentId, purpose: 'rollout' }),
    ).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));

    expect(world.sent()).toHaveLength(sent);
  });

  test('is told so where a repair asks for one that is alive', async () => {
    const { world, executionArn } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    const { deploymentId } = await world.story(executionArn);

    const repair = await world.deploy({ repair: deploymentId });

    expect(repair.path).toEqual(['Admit', 'AcquireLock', 'LockLost']);
    expect((await world.ended(executionArn)).end).toBe('Succeeded');
  });

  test('a repair of one that waits and is alive is refused as well', async () => {
    const { world, executionArn: holder } = await givenRunningUpgrade();
    await world.until(() => world.sent().includes('verify a'));
    const waiting = await world.start({ release: 'v1' });
    await world.until(async () => (await world.state()).queue.length === 1);
    const { deploymentId } = await world.story(waiting);

    expect((await world.deploy({ repair: deploymentId })).end).toBe('LockLost');
    expect((await world.ended(holder)).end).toBe('Succeeded');
    expect((await world.ended(waiting)).end).toBe('Succeeded');
  });

  test('a repair of one that has ended is no work', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    const first = await world.story((await world.all())[0]?.executionArn ?? '');

    const repair = await world.deploy({ repair: first.deploymentId });

    expect(repair.path).toEqual(['Admit', 'Finish', 'Succeeded']);
  });
});

describeMachine('Finish', () => {
  test('that cannot record the end fails as Unfinished, and the repair records it', async () => {
    const world = await givenUpgrade();
    world.givenFunctionFault('FinishDeployment', 'TypeError');

    const story = await world.deploy();
    await world.rest();

    expectTail(story.path, ['Finish', 'Unfinished']);
    expect((await world.lastStory()).path).toEqual([...['Admit', 'AcquireLock', 'NextWave', 'Finish', 'Succeeded']]);
    expect(stableRelease(await world.state())?.release).toBe(2);
  });

  test('whose answer is lost answers the same again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('FinishDeployment', 'Lambda.Unknown', { after: true });

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect((await world.state()).stableHistory).toHaveLength(1);
  });
});

describeMachine('the ledger', () => {
  test.each([
    ['a write whose answer is lost', { kind: 'lose-response' }],
    ['a write that is throttled', { kind: 'throttle' }],
    ['a write that the SDK repeats', { kind: 'repeat' }],
  ] as const)('%s, of the lock and of its release, changes nothing', async (_what, fault) => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.faults.given('ledger.create', fault, { matches: /state[.]json/ });
    world.faults.given('ledger.replace', fault, { matches: /state[.]json/, times: 2 });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect((await world.state()).stableHistory).toHaveLength(1);
  });

  test('somebody else who writes first does not lose what they wrote', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.faults.given(
      'ledger.replace',
      { kind: 'intrude', intruder: () => world.givenNote('written by somebody else') },
      { matches: /state[.]json/ },
    );

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(JSON.stringify(await world.state())).toContain('written by somebody else');
  });
});
