import { expect, test } from 'vitest';
import { rerunInput } from '../../../core/admission/rerun-input.ts';
import { stableRelease } from '../../../core/model/target-state.ts';
import { deploymentView } from '../../../core/views/deployment-view.ts';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import { readDeployment } from '../../../ledger/rollout/deployment-history.ts';
import { readAdmitted } from '../../../ledger/rollout/deployments.ts';
import { paymentYamlWith } from '../../given/configuration.ts';
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

  test('takes the place of the upload that waits, and names it with the command that deploys it', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.upload(3);
    await world.until(() => world.sent().includes('verify a'));
    await world.upload(4);
    await world.until(async () => (await world.state()).queue.length === 1);
    const waits = (await world.state()).queue[0]?.executionArn ?? '';

    const rollback = await world.start({ rollback: true });
    const replaced = await world.ended(waits);
    const { deploymentId, outcome } = await world.ended(rollback);
    const endOf = (story: { readonly endedAt: string } | undefined): string => story?.endedAt ?? 'none';
    expect(endOf(replaced.outcome) < endOf(outcome)).toBe(true);
    await world.pass(600);

    expect(replaced.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'Superseded']);
    expect(replaced.outcome?.reason.text).toBe(
      `the rollback ${deploymentId} was asked for while it waited and took its place`,
    );
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    const record = await readDeployment(world.ports, deploymentId);
    expect(record === undefined ? [] : deploymentView(record).superseded).toEqual([
      { deploymentId: replaced.deploymentId, release: 'v4', command: 'rollgate deploy --release v4' },
    ]);

    await world.upload(5);
    await world.rest();
    expect(world.target.running()).toEqual(['a v5', 'b v5', 'c v5']);
  });

  test('that is refused or only planned leaves the upload that waits', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    await world.upload(2);
    await world.until(() => world.sent().includes('verify a'));
    await world.upload(3);
    await world.until(async () => (await world.state()).queue.length === 1);

    expect((await world.deploy({ rollback: true, release: 'v9' })).error).toBe('InvalidDeploymentError');
    expect((await world.deploy({ rollback: true, dryRun: true })).end).toBe('Succeeded');
    await world.rest();

    expect(world.target.running()).toEqual(['a v3', 'b v3', 'c v3']);
  });

  test('that left hosts on several releases is resumed as a rollback, and never goes forward again', async () => {
    const rollout = { maxFailedHosts: 1, bakeSeconds: 600, approval: 'before-first-wave' };
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await publishServiceConfig(world.ports, paymentYamlWith({ rollout }), 'test');
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed');
    const rollback = await world.deploy({ rollback: true });
    expect(rollback.end).toBe('Degraded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v2']);

    const again = await world.deploy({ rollback: true });
    expect(again.cause?.split('\n')[0]).toBe(
      `rollback: the rollback ${rollback.deploymentId} left hosts on several releases; go on with it: rollgate resume ${rollback.deploymentId}, or name the release to go to, one of v1, v2: rollgate rollback --to v2`,
    );
    const resumed = await world.deploy({ resume: rollback.deploymentId });

    expect(resumed.end).toBe('Succeeded');
    expect(afterStage(resumed)).toEqual(['NextWave', ...wave(3), 'NextWave', 'Finish', 'Succeeded']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect((await world.deploy({ rollback: true })).error).toBe('InvalidDeploymentError');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that was resumed is that rollback when it is run again', async () => {
    const world = await givenMachine({ rollout: { maxFailedHosts: 1 } });
    await world.givenStable(1, 2);
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed');
    const rollback = await world.deploy({ rollback: true });
    const retried = await world.deploy({ retry: rollback.deploymentId });
    const admitted = await readAdmitted(world.ports, retried.deploymentId);

    expect(retried.end).toBe('Succeeded');
    expect(admitted?.request).toMatchObject({ kind: 'retry' });
    expect(admitted === undefined ? {} : rerunInput(admitted)).toEqual({ rollback: true, release: 'v1' });
    expect(stableRelease(await world.state())).toMatchObject({ release: 1, isRollback: true });
  });

  test('does not count a host that has lost the tags of the target', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    await world.givenUpload(3);
    await world.deploy({ hosts: [world.idOf('a')] });
    world.target.givenUntagged('a');

    expect((await world.deploy({ rollback: true })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['b v1', 'c v1']);
  });
});
