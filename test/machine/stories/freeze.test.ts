import { expect, test } from 'vitest';
import { wholeTarget } from '../../../ledger/keys.ts';
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
