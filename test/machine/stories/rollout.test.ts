import { expect, test } from 'vitest';
import { stableRelease } from '../../../core/model/target-state.ts';
import {
  afterStage,
  describeMachine,
  expectTail,
  givenMachine,
  givenUpgrade,
  map,
  reverted,
  settled,
  staged,
  toPlan,
  wave,
} from '../given-machine.ts';

describeMachine('a rollout', () => {
  test('three hosts: staged together, activated one after another, stable in the ledger', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave'],
      ...['Finish', 'Succeeded'],
    ]);
    expect(world.sent()).toEqual([
      ...['install a', 'install b', 'install c'],
      ...['activate a', 'verify a', 'activate b', 'verify b', 'activate c', 'verify c'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(world.target.mostDown()).toBe(1);
    expect(story.outcome?.reason.text).toBe('v1 runs on 3 hosts and every one passed its gate');
    expect(stableRelease(await world.state())).toMatchObject({ release: 1, isRollback: false });
  });

  test('hosts where nothing runs yet go one after another too, so that a bad first release stops at one', async () => {
    const world = await givenMachine({ running: 'none' });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(world.sent().slice(3)).toEqual([
      'activate a',
      'verify a',
      'activate b',
      'verify b',
      'activate c',
      'verify c',
    ]);
  });

  test('the same input again changes nothing and succeeds', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    const before = world.target.fleet.machines.map(
      ({ instanceId }) => world.target.fleet.host(instanceId).state().mainPid,
    );

    const story = await world.deploy();

    const after = world.target.fleet.machines.map(
      ({ instanceId }) => world.target.fleet.host(instanceId).state().mainPid,
    );
    expect(story.end).toBe('Succeeded');
    expect(after).toEqual(before);
    expect((await world.state()).stableHistory).toHaveLength(1);
    expect(world.bucket.keys().filter((key) => key.includes('/releases/'))).toHaveLength(2);
  });

  test('a release whose packages can not be installed ends FailedClean, and nothing that runs was touched', async () => {
    const world = await givenUpgrade({ behaviour: 'pip-failed' });

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), 'NextWave', 'Finish', 'FailedClean']);
    expect(world.sent()).toEqual(['install a', 'install b', 'install c']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(story.error).toBe('GateFailedError');
    expect(story.cause).toMatch(/^could not be staged on a: /);
    expect(stableRelease(await world.state())?.release).toBe(1);
  });

  test('a release that crashes ends RolledBack, and only the first host was ever touched', async () => {
    const world = await givenUpgrade({ behaviour: 'app-load-failed' });

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...toPlan,
      ...staged(3),
      ...['NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(world.sent().slice(3)).toEqual(['activate a', 'verify a', 'revert a', 'verifyRevert a']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(story.cause).toMatch(/^did not pass on a: /);
    expect(story.cause).toContain('Redrive cannot help');
    expect(stableRelease(await world.state())?.release).toBe(1);
  });

  test('a host that could not be activated at all is put back without asking its gate', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'start-failed');

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1, 'Activate NotActivated'), 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a later host that fails brings the earlier ones back too, each to its own previous release', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave'],
      ...['Wave', 'Wave 0: Activate HealthGate', 'Wave 1: Activate NotActivated', 'NextWave'],
      ...[...reverted(1), 'NextWave', ...reverted(1), 'NextWave'],
      ...['Finish', 'RolledBack'],
    ]);
    expect(world.sent().slice(3)).toEqual([
      ...['activate a', 'verify a', 'activate b', 'verify b'],
      ...['revert b', 'verifyRevert b', 'revert a', 'verifyRevert a'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a failure within the budget ends Degraded: the host is put back, the others run the release', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1 } });
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave'],
      ...['Wave', 'Wave 0: Activate HealthGate', 'Wave 1: Activate NotActivated', 'NextWave'],
      ...[...reverted(1), 'NextWave', ...wave(1), 'NextWave'],
      ...['Finish', 'Degraded'],
    ]);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v2']);
    expect(story.outcome?.reason.text).toBe('v2 runs on 2 hosts; on their previous release: b');
    expect(stableRelease(await world.state())?.release).toBe(1);
  });

  test('five hosts, two may be down: two are activated at a time, and never more', async () => {
    const world = await givenUpgrade({ hosts: 'abcde', rollout: { maxUnavailable: 2, waves: [1, '100%'] } });

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...wave(4), 'NextWave'],
      ...['Finish', 'Succeeded'],
    ]);
    expect(world.target.mostDown()).toBe(2);
  });

  test('a host that can be put back neither once nor twice ends FailedDirty, with the command that repairs it', async () => {
    const world = await givenUpgrade({ behaviour: 'app-load-failed' });
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'stop-failed', 2);

    const story = await world.deploy();

    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave'],
      ...[...reverted(1, 'RevertHost NotReverted'), 'NextWave', ...reverted(1, 'RevertHost NotReverted'), 'NextWave'],
      ...['Finish', 'FailedDirty'],
    ]);
    expect(story.error).toBe('RevertFailedError');
    expect(story.cause).toContain(`To repair: a: rollgate deploy --release v1 --hosts ${world.idOf('a')}`);
    expect(world.target.running()).toEqual(['a v2 inactive', 'b v1', 'c v1']);
  });

  test('after each wave it bakes, and the wave is verified again', async () => {
    const world = await givenMachine({ rollout: { bakeSeconds: 300 } });
    await world.givenUpload(1);

    const story = await world.deploy();

    const baked = (hosts: number) => ['Bake', 'NextWave', ...map('VerifyWave', hosts, 'VerifyHost'), 'NextWave'];
    expect(afterStage(story)).toEqual([
      ...['NextWave', ...wave(1), 'NextWave', ...baked(1)],
      ...[...wave(2), 'NextWave', ...baked(2)],
      ...['Finish', 'Succeeded'],
    ]);
    expect((world.time.now() - world.beginning) / 1000).toBeGreaterThan(600);
  });

  test('a host that does not stay well while it bakes is put back', async () => {
    const world = await givenUpgrade({ rollout: { bakeSeconds: 300 } });
    world.whenEntered('Bake', () => world.target.fleet.givenFault(world.idOf('a'), 'verify', 'worker-deaths'));

    const story = await world.deploy();

    expectTail(story.path, [
      ...map('VerifyWave', 1, 'VerifyHost'),
      ...['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('hosts that resolved other packages than the first are staged once more, constrained to those', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.target.givenPackages('c', ['flask==0.9']);

    const story = await world.deploy();

    expect(story.path.slice(0, 15)).toEqual([
      ...toPlan,
      ...staged(3),
      'NextWave',
      ...staged(3),
      'NextWave',
      'Wave',
      'Wave 0: Activate HealthGate',
    ]);
    expect(story.end).toBe('Succeeded');
  });

  test('one that is too long for one history goes on in another execution, which has the lock', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const executionArn = await world.start();
    world.whenEntered('NextWave', () => world.givenLongHistory(executionArn));

    const first = await world.ended(executionArn);
    await world.rest();

    expect(first.path).toEqual([...toPlan, ...staged(3), 'NextWave', 'Continued']);
    const second = await world.story((await world.all())[1]?.executionArn ?? '');
    expect(second.path).toEqual([
      ...['Admit', 'AcquireLock', 'NextWave', ...wave(1), 'NextWave', ...wave(2), 'NextWave'],
      ...['Finish', 'Succeeded'],
    ]);
    expect(second.deploymentId).toBe(first.deploymentId);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a check that only reports finds fault: the rollout goes on, and the record tells', async () => {
    const world = await givenUpgrade({ health: { reportOnly: ['http', 'amqp:rabbitmq'] } });
    world.target.fleet.givenFault(world.idOf('b'), 'install', 'amqp-auth-failed');
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
    expect(story.outcome?.hosts.map(({ name, reported }) => [name, reported])).toEqual([
      ['a', []],
      ['b', [{ name: 'http', detail: 'simulated: http-failed' }]],
      ['c', []],
    ]);
  });

  test('hosts that fail one after another, all within the budget: without progress it turns back', async () => {
    const rollout = { waves: ['100%'], maxFailedHosts: 9, progressDeadlineSeconds: 420 };
    const world = await givenUpgrade({ hosts: 'abcdef', rollout });
    for (const name of 'be') {
      world.target.fleet.givenFault(world.idOf(name), 'verify', 'timed-out');
      world.whenEntered('RevertHost', () => world.time.skip(230_000));
    }

    const story = await world.deploy();

    expect(story.outcome?.reason).toEqual({
      code: 'no-progress',
      text: 'no further host was staged or passed its gate for 420 s; the last progress: d passed its gate at 20:47:40 UTC',
    });
    expectTail(story.path, ['NextWave', 'Finish', 'RolledBack']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1', 'd v1', 'e v1', 'f v1']);
    expect(world.sent().filter((command) => command.startsWith('activate'))).toEqual([
      ...['activate a', 'activate d', 'activate b', 'activate e'],
    ]);
  });

  test('a deadline that has passed starts no further host and turns back', async () => {
    const world = await givenMachine({ rollout: { deadlineSeconds: 60 } });
    await world.givenUpload(1);
    world.whenEntered('HealthGate', () => world.time.skip(60_000));

    const story = await world.deploy();

    expectTail(story.path, ['NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack']);
    expect(story.outcome?.reason.text).toBe('not finished within 60 s');
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
  });

  test('a deployment to named hosts leaves the others alone and moves no stable release', async () => {
    const world = await givenUpgrade();

    const story = await world.deploy({ hosts: [world.idOf('b')] });

    expect(story.end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v1']);
    expect(stableRelease(await world.state())?.release).toBe(1);
  });

  test('a host whose service was down before is activated first and counts as down until then', async () => {
    const world = await givenUpgrade({ rollout: { waves: ['100%'] } });
    world.target.fleet.host(world.idOf('c')).given({ isActive: false, mainPid: 0 });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(world.sent().slice(3)).toEqual([
      'activate c',
      'verify c',
      'activate a',
      'verify a',
      'activate b',
      'verify b',
    ]);
  });

  test('a command that nobody answered is settled before the end', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, maxUnavailable: 2 } });
    world.target.fleet.givenFault(world.idOf('c'), 'install', 'lost-command');

    const story = await world.deploy();

    expectTail(story.path, ['NextWave', ...settled(1), 'NextWave', 'Finish', 'Degraded']);
    expect(world.sent().at(-1)).toBe('settle c');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v1']);
  });
});
