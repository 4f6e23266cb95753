import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/target-state.ts';
import { afterStage, describeMachine, givenMachine, reverted, staged, toPlan, wave } from '../given-machine.ts';

describeMachine('a rollback', () => {
  test('brings the previous stable release back on every host, in one wave, without a bake', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 60 } });
    await world.givenStable(1, 2);

    const story = await world.deploy({ rollback: true });

    expect(story.path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(3), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(world.target.mostDown()).toBe(1);
    expect(stableRelease(await world.state())).toMatchObject({ release: 1, isRollback: true });
  });

  test('again is refused with the sentence that names the releases', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.deploy({ rollback: true });
    const before = world.sent().length;

    const again = await world.deploy({ rollback: true });

    expect(again.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(again.error).toBe('InvalidDeploymentError');
    expect(again.cause?.split('\n')[0]).toBe(
      'rollback: v1 was reached by a rollback already; name the release to go to, one of v1, v2: rollgate rollback --to v2',
    );
    expect(world.sent()).toHaveLength(before);
  });

  test('to a named release goes there', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2, 3);

    const story = await world.deploy({ rollback: true, release: 'v1' });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('while a rollout runs halts it, reverts it, and leaves the stable release everywhere', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    const running = await world.start();
    await world.until(() => world.sent().includes('verify a'));

    const rollback = await world.deploy({ rollback: true });

    const halted = await world.story(running);
    expect(afterStage(halted)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(halted.error).toBe('HaltedError');
    expect(rollback.end).toBe('Succeeded');
    expect(rollback.outcome?.reason.text).toBe('v2 runs on 3 hosts and every one passed its gate');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);

    const doubleClick = await world.deploy({ rollback: true });

    expect(doubleClick.error).toBe('InvalidDeploymentError');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('after a rollout that left a mix goes to the stable release, not before it', async () => {
    const world = await givenMachine({ rollout: { maxFailedHosts: 1 } });
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed');
    expect((await world.deploy()).end).toBe('Degraded');

    const rollback = await world.deploy({ rollback: true });

    expect(rollback.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('halts the rollout also where its admission had to be retried', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    const running = await world.start();
    await world.until(() => world.sent().includes('verify a'));
    world.faults.given('ledger.create', { kind: 'throttle' }, { matches: /control\/halt/ });

    await world.deploy({ rollback: true });

    expect((await world.story(running)).end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });
});
