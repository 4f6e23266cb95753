import { expect, test } from 'vitest';
import { maxRepairsWithoutAPerson } from '../../../core/lock/acquire-lock.ts';
import { describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';

describeMachine('unlock', () => {
  test('starts the repair of a dead holder without the sweep; the hosts are put back before the lock is free', async () => {
    const world = await givenUpgrade();
    world.givenEventsLost('OnExecutionStatus');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    await world.executions.stop(executionArn, 'Stopped', '');
    await world.pass(60);
    const { deploymentId } = await world.story(executionArn);
    expect((await world.state()).lock?.executionArn).toBe(executionArn);

    await world.say('unlock', deploymentId);
    await world.until(async () => (await world.state()).lock === null);
    await world.rest();

    expect(await world.lastStory()).toMatchObject({ deploymentId, end: 'RolledBack' });
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('starts it also where nobody knows the holder any more, which by itself is not dead', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    const { deploymentId } = await world.story(executionArn);
    world.givenLockStolen();
    expect((await world.ended(executionArn)).end).toBe('LockLost');
    await world.sweep();
    expect((await world.state()).lock).not.toBeNull();

    await world.say('unlock', deploymentId);
    await world.until(async () => (await world.state()).lock === null);
    await world.rest();

    expect(await world.lastStory()).toMatchObject({ deploymentId, end: 'RolledBack' });
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('to one that runs does nothing', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify a'));

    await world.say('unlock', (await world.story(executionArn)).deploymentId);

    expect((await world.ended(executionArn)).end).toBe('Succeeded');
    expect(await world.all()).toHaveLength(1);
  });
});

describeMachine('a lock whose repairs fail for good', () => {
  test('is repaired five minutes apart and not for ever; unlock starts one more', async () => {
    const world = await givenUpgrade();
    world.givenFunctionFault('FinishDeployment', 'TypeError', { times: 10_000 });
    const executionArn = await world.start();
    await world.ended(executionArn);
    await world.rest();
    const { deploymentId } = await world.story(executionArn);
    expect((await world.state()).lock).toMatchObject({ purpose: 'repair', repairs: 1 });

    for (let sweeps = 0; sweeps < 2 * maxRepairsWithoutAPerson; sweeps += 1) {
      await world.pass(300);
      await world.sweep();
      await world.rest();
    }
    expect((await world.state()).lock?.repairs).toBe(maxRepairsWithoutAPerson);
    world.clearFaults();
    await world.sweep();
    expect((await world.state()).lock?.repairs).toBe(maxRepairsWithoutAPerson);

    await world.say('unlock', deploymentId, { reason: 'the bug is mended' });
    await world.until(async () => (await world.state()).lock === null);
    await world.rest();

    expect((await world.lastStory()).end).toBe('Succeeded');
  });
});
