import { expect, test } from 'vitest';
import { describeMachine, expectTail, givenMachine, map, reverted, staged, toPlan, wave } from '../given-machine.ts';

const alarm = 'payment-5xx';

async function givenWatched(rollout: Readonly<Record<string, unknown>> = {}) {
  const world = await givenMachine({ rollout: { alarms: [alarm], ...rollout } });
  world.alarms.set(alarm, 'OK', 'few errors');
  await world.givenStable(1);
  await world.givenUpload(2);
  return world;
}

const fires = (world: Awaited<ReturnType<typeof givenWatched>>): void => world.alarms.set(alarm, 'ALARM', '40 errors');

const firing = {
  code: 'alarm-firing',
  text: 'this CloudWatch alarm is in ALARM: payment-5xx (simulated: 40 errors)',
};

describeMachine('an alarm', () => {
  test('that is well stops nothing', async () => {
    const world = await givenWatched();

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(story.decisions.map(({ alarms }) => alarms?.kind)).toEqual(['read', 'read', 'read']);
  });

  test('without enough data stops nothing', async () => {
    const world = await givenWatched();
    world.alarms.set(alarm, 'INSUFFICIENT_DATA', 'nobody paid');

    expect((await world.deploy()).end).toBe('Succeeded');
  });

  test('that fires before the start: nothing is sent to any host', async () => {
    const world = await givenWatched();
    fires(world);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, 'Stage', 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason).toEqual(firing);
    expect(story.error).toBe('GateFailedError');
    expect(world.sent()).toEqual([]);
  });

  test('that fires before an activation is tried again: it is not sent once more', async () => {
    const world = await givenWatched();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'late-refused');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('activate a'));
    fires(world);

    const story = await world.ended(executionArn);

    expect(world.sent().filter((command) => command === 'activate a')).toHaveLength(1);
    expect(story.outcome?.reason).toEqual(firing);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that fires when it is planned and is well when it is decided: it is staged after all', async () => {
    const world = await givenWatched();
    fires(world);
    world.whenEntered('Stage', () => world.alarms.set(alarm, 'OK', 'few errors'));

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...[...toPlan, 'Stage', 'NextWave', ...staged(3)],
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave', 'Finish', 'Succeeded'],
    ]);
  });

  test('that fires while the release is staged: no running service is touched', async () => {
    const world = await givenWatched();
    world.whenEntered('InstallRelease', () => fires(world));

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.reason).toEqual(firing);
  });

  test('that fires between waves: what was touched is put back', async () => {
    const world = await givenWatched();
    world.whenEntered('HealthGate', () => fires(world));

    const story = await world.deploy();

    expectTail(story.path, ['NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect(story.outcome?.reason).toEqual(firing);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that fires in the middle of a wave: no further host of it starts', async () => {
    const world = await givenWatched({ waves: ['100%'] });
    world.whenEntered('HealthGate', () => fires(world));

    const story = await world.deploy();

    expectTail(story.path, [
      ...['Wave', 'Wave 0: Activate HealthGate', 'Wave 1: Activate NotActivated', 'Wave 2: Activate NotActivated'],
      ...['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
  });

  test('that fires when the last host has passed: all of it is put back', async () => {
    const world = await givenWatched({ waves: ['100%'] });
    world.onTransition(({ visit }) => {
      if (visit.state === 'HealthGate' && world.sent().includes('activate c')) fires(world);
    });

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(story.outcome?.reason).toEqual(firing);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that fires in the bake: its event ends the bake, and the wave is put back at once', async () => {
    const world = await givenWatched({ bakeSeconds: 3600 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    await world.pass(60);
    const firedAt = world.time.now();

    fires(world);
    const story = await world.ended(executionArn);

    expectTail(story.path, ['Bake', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect(story.outcome?.reason).toEqual(firing);
    expect((world.time.now() - firedAt) / 1000).toBeLessThan(30);
  });

  test('that fires in the bake while its event is lost: the sweep ends the bake', async () => {
    const world = await givenWatched({ bakeSeconds: 36_000 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    world.givenEventsLost('OnAlarmChanged');
    const firedAt = world.time.now();
    fires(world);

    await world.sweep();
    const story = await world.ended(executionArn);

    expectTail(story.path, ['Bake', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect((world.time.now() - firedAt) / 1000).toBeLessThan(30);
  });

  test('that fires in the bake while its event is lost and no sweep comes: the end of the bake asks', async () => {
    const world = await givenWatched({ bakeSeconds: 600 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    world.givenEventsLost('OnAlarmChanged');
    fires(world);

    const story = await world.ended(executionArn);

    expectTail(story.path, ['Bake', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect(story.outcome?.reason).toEqual(firing);
  });

  test('that fires while the token of the bake is parked is seen at once', async () => {
    const world = await givenWatched({ bakeSeconds: 3600 });
    world.givenEventsLost('OnAlarmChanged');
    let firedAt = 0;
    world.whenEntered('Bake', () => {
      firedAt = world.time.now();
      fires(world);
    });

    const story = await world.deploy();

    expectTail(story.path, ['Bake', 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect((world.time.now() - firedAt) / 1000).toBeLessThan(30);
  });

  test('that is well again when the bake was woken: the bake goes on for the rest of its time', async () => {
    const world = await givenWatched({ bakeSeconds: 600, waves: ['100%'] });
    const executionArn = await world.start();
    await world.until(() => world.isParked('Bake'));
    await world.pass(100);

    world.whenEntered('NextWave', () => world.alarms.set(alarm, 'OK', 'few errors'));
    fires(world);
    const story = await world.ended(executionArn);

    expectTail(story.path, [
      ...[
        'Bake',
        'NextWave',
        'Bake',
        'NextWave',
        ...map('VerifyWave', 3, 'VerifyHost'),
        'NextWave',
        'Finish',
        'Succeeded',
      ],
    ]);
    const bakes = story.decisions.flatMap(({ decision }) => (decision.kind === 'bake' ? [decision.seconds] : []));
    expect(bakes[0]).toBe(600);
    expect(bakes[1]).toBeLessThanOrEqual(500);
  });

  test('is never what stops a rollback', async () => {
    const world = await givenWatched();
    expect((await world.deploy()).end).toBe('Succeeded');
    fires(world);

    const story = await world.deploy({ rollback: true });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('that was deleted stops no rollback either, and refuses everything else', async () => {
    const world = await givenWatched();
    expect((await world.deploy()).end).toBe('Succeeded');
    world.alarms.remove(alarm);

    const refused = await world.deploy({ release: 'v2' });

    expect(refused.path).toEqual(['Admit', 'Finish', 'FailedClean']);
    expect(refused.error).toBe('InvalidDeploymentError');
    expect(refused.cause?.split('\n')[0]).toBe(
      'rollout.alarms: CloudWatch has no alarm payment-5xx in this account and region; create it, or take it out',
    );
    expect((await world.deploy({ rollback: true })).end).toBe('Succeeded');
  });

  test('that only reports fires: the rollout goes on, and the record tells', async () => {
    const world = await givenWatched({ alarms: [{ name: alarm, reportOnly: true }] });
    fires(world);

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(story.decisions[0]?.alarms).toEqual({
      kind: 'read',
      alarms: [{ name: alarm, isReportOnly: true, state: 'ALARM', reason: 'simulated: 40 errors' }],
    });
  });

  test('that can not be read in the middle: the rollout goes on by its gates, and the record tells', async () => {
    const world = await givenWatched();
    world.whenEntered('Stage', () => world.faults.given('alarms.describe', { kind: 'throttle' }, { times: 2 }));

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(story.decisions[0]?.alarms).toEqual({
      kind: 'unreadable',
      why: 'TransientAwsError: alarms.describe: Rate exceeded',
    });
  });

  test('that can not be read for a moment is read again', async () => {
    const world = await givenWatched();
    world.whenEntered('Stage', () => {
      world.faults.given('alarms.describe', { kind: 'throttle' });
      fires(world);
    });

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason).toEqual(firing);
  });

  test('of somebody else, or of a deployment that does not bake, wakes nobody', async () => {
    const rollout = { alarms: [alarm], approval: 'before-first-wave', bakeSeconds: 600 };
    const world = await givenMachine({ rollout });
    world.alarms.set(alarm, 'OK', 'few errors');
    await world.givenUpload(1);
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));

    fires(world);
    world.alarms.set('of-another-service', 'ALARM', '1 error');
    await world.pass(300);
    expect(world.isParked('AwaitOperator')).toBe(true);
    world.alarms.set(alarm, 'OK', 'few errors');
    await world.say('approve', (await world.story(executionArn)).deploymentId);
    await world.until(() => world.isParked('Bake'));
    world.alarms.set('of-another-service', 'OK', 'none');
    world.alarms.set('of-another-service', 'ALARM', '1 error');
    const story = await world.ended(executionArn);

    expect(story.end).toBe('Succeeded');
    expect(story.path.filter((state) => state === 'Bake')).toHaveLength(2);
  });
});
