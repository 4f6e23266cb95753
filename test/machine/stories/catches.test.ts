import { expect, test } from 'vitest';
import { stolenBy } from '../../fakes/given-ledger.ts';
import {
  afterStage,
  again,
  describeMachine,
  expectTail,
  givenMachine,
  map,
  reverted,
  settled,
  staged,
  toPlan,
  wave,
  withoutCatch,
} from '../given-machine.ts';

const bug = 'TypeError';
const step = (action: string) => ({ matches: new RegExp(`"action":"${action}"`) });

describeMachine('a state that fails for good', () => {
  test('Admit: it is recorded why, and nothing was touched', async () => {
    const world = await givenMachine();
    world.givenFunctionFault('AdmitDeployment', bug);

    const story = await world.deploy();

    expect(story.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(story.cause).toMatch(/^TypeError: a fault of the test/);
  });

  test('AcquireLock: the lock, had it been taken, is free', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const error = new TypeError('a bug');
    world.faults.given('executions.taskSucceeded', { kind: 'fail', error }, { matches: /"next":"plan"/ });

    const story = await world.deploy();

    expect(story.path).toEqual(['Admit', 'AcquireLock', 'Finish', 'FailedClean']);
  });

  test('Plan: nothing was touched', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('PlanRollout', bug, { after: true });

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, 'Finish', 'FailedClean']);
    expect(world.sent()).toEqual([]);
  });

  test('NextWave before anything was touched: Finish ends it', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('DecideNextWave', bug);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), 'NextWave', 'Finish', 'FailedClean']);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('NextWave while a host is half switched: the execution fails, and the repair puts it back', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.whenEntered('HealthGate', () => world.givenFunctionFault('DecideNextWave', bug));

    const story = await world.deploy();
    await world.rest();

    expectTail(story.path, ['NextWave', 'Finish', 'Unfinished']);
    expect((await world.lastStory()).path).toEqual([
      ...['Admit', 'AcquireLock', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('InstallRelease: the host counts as one that gave no answer', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('RunHostStep', bug, step('install'));

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...[...toPlan, 'Stage', 'Stage 0: InstallRelease InstallUnknown'],
      ...['Stage 1: InstallRelease', 'Stage 2: InstallRelease'],
      ...['NextWave', 'Finish', 'FailedClean'],
    ]);
  });

  test('Stage: its commands are settled before the end', async () => {
    const world = await givenMachine({ definition: withoutCatch('InstallRelease') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunHostStep', bug, { matches: /0b"/ });

    const story = await world.deploy();

    expectTail(story.path, ['NextWave', ...settled(2), 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toMatch(/^States.ExceedToleratedFailureThreshold/);
  });

  test('Activate: nobody knows whether it was sent, so the host is settled and asked', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('RunHostStep', bug, { ...step('activate'), after: true });

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'Wave', 'Wave 0: Activate WaveHostUnknown', 'NextWave', ...settled(1), 'NextWave'],
      ...[...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('HealthGate: a host whose gate gave no answer is asked again', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.givenFunctionFault('RunHostStep', bug, step('verify'));

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'Wave', 'Wave 0: Activate HealthGate WaveHostUnknown', 'NextWave'],
      ...[...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('Wave: what the ledger shows as touched is put back', async () => {
    const world = await givenMachine({ definition: withoutCatch('HealthGate') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunHostStep', bug, step('verify'));

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'Wave', 'Wave 0: Activate HealthGate', 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(story.outcome?.reason.text).toMatch(/^TypeError: a fault of the test/);
  });

  test('Bake: the wave is put back', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 60 } });
    await world.givenUpload(1);
    world.givenFunctionFault('ParkDeployment', bug);

    const story = await world.deploy();

    expectTail(story.path, ['Bake', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
  });

  test('VerifyHost: a host that gave no answer after the bake is asked again', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 60 } });
    await world.givenUpload(1);
    world.whenEntered('VerifyHost', () => world.givenFunctionFault('RunHostStep', bug));

    const story = await world.deploy();

    expectTail(story.path, [
      ...[...map('VerifyWave', 1, 'VerifyHost VerifyUnknown'), ...again, ...map('VerifyWave', 1, 'VerifyHost')],
      ...['NextWave', ...wave(2), 'NextWave', 'Bake', 'NextWave', ...map('VerifyWave', 2, 'VerifyHost'), 'NextWave'],
      ...['Finish', 'Succeeded'],
    ]);
  });

  test('VerifyWave: the wave is put back', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 60 }, definition: withoutCatch('VerifyHost') });
    await world.givenUpload(1);
    world.whenEntered('VerifyHost', () => world.givenFunctionFault('RunHostStep', bug));

    const story = await world.deploy();

    expectTail(story.path, [
      ...map('VerifyWave', 1, 'VerifyHost'),
      ...['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
  });

  test('AwaitOperator: nothing was touched', async () => {
    const world = await givenMachine({ rollout: { approval: 'before-first-wave' } });
    await world.givenUpload(1);
    world.givenFunctionFault('ParkDeployment', bug);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual(['NextWave', 'AwaitOperator', 'NextWave', 'Finish', 'FailedClean']);
  });

  test('RevertHost: it is tried once more', async () => {
    const world = await givenMachine();
    await world.givenUpload(1, 'app-load-failed');
    world.givenFunctionFault('RunHostStep', bug, step('revert'));

    const story = await world.deploy();

    expectTail(story.path, [
      ...['Revert', 'Revert 0: RevertHost RevertUnknown', ...again, ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('VerifyRevert: it is tried once more', async () => {
    const world = await givenMachine();
    await world.givenUpload(1, 'app-load-failed');
    world.givenFunctionFault('RunHostStep', bug, step('verifyRevert'));

    const story = await world.deploy();

    expectTail(story.path, [
      ...['Revert', 'Revert 0: RevertHost VerifyRevert RevertUnknown', ...again, ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
  });

  test('Revert: it is tried once more', async () => {
    const world = await givenMachine({ definition: withoutCatch('RevertHost') });
    await world.givenUpload(1, 'app-load-failed');
    world.givenFunctionFault('RunHostStep', bug, step('revert'));

    const story = await world.deploy();

    expectTail(story.path, [
      ...['Revert', 'Revert 0: RevertHost', ...again, ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
  });

  test('SettleHost: it is tried once more', async () => {
    const world = await givenMachine({ rollout: { maxFailedHosts: 1, maxUnavailable: 2 } });
    await world.givenUpload(1);
    world.target.fleet.givenFault(world.idOf('c'), 'install', 'lost-command');
    world.givenFunctionFault('RunHostStep', bug, step('settle'));

    const story = await world.deploy();

    expectTail(story.path, [
      ...[...settled(1, 'SettleHost SettleUnknown'), ...again, ...settled(1), 'NextWave', 'Finish', 'Degraded'],
    ]);
  });

  test('Settle: it is tried once more', async () => {
    const world = await givenMachine({
      rollout: { maxFailedHosts: 1, maxUnavailable: 2 },
      definition: withoutCatch('SettleHost'),
    });
    await world.givenUpload(1);
    world.target.fleet.givenFault(world.idOf('c'), 'install', 'lost-command');
    world.givenFunctionFault('RunHostStep', bug, step('settle'));

    const story = await world.deploy();

    expectTail(story.path, [...[...settled(1), ...again, ...settled(1), 'NextWave', 'Finish', 'Degraded']]);
  });
});

describeMachine('a state that finds the lock in other hands stops and changes nothing', () => {
  test.each([
    ['Plan', {}],
    ['NextWave', {}],
    ['Bake', { bakeSeconds: 60 }],
    ['AwaitOperator', { approval: 'before-first-wave' }],
    ['Finish', {}],
  ])('%s', async (state, rollout) => {
    const world = await givenMachine({ rollout, hasLockLeft: true });
    await world.givenUpload(1);
    const sent: number[] = [];
    world.whenEntered(state, () => {
      sent.push(world.sent().length);
      world.givenLockStolen();
    });

    const story = await world.deploy();

    expectTail(story.path, [state, 'LockLost']);
    expect(story.cause).toContain('Redrive cannot help');
    expect(sent).toEqual([world.sent().length]);
    expect(story.outcome).toBeUndefined();
    expect((await world.state()).lock?.executionArn).toBe(stolenBy);
  });

  test('a host of a wave: no further command is sent', async () => {
    const world = await givenMachine({ hasLockLeft: true });
    await world.givenUpload(1);
    world.whenEntered('Activate', () => world.givenLockStolen());

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', 'Wave', 'Wave 0: Activate WaveHostUnknown', 'NextWave', 'LockLost'],
    ]);
    expect(world.sent()).toEqual(['install a', 'install b', 'install c']);
  });
});
