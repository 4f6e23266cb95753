import { expect, test } from 'vitest';
import { maxDeadRounds } from '../../../core/rollout/progress/caught-errors.ts';
import { again, describeMachine, expectTail, givenMachine, givenUpgrade, map, withoutCatch } from '../given-machine.ts';
import { loadBalancer, wellAll } from './load-balancer-kit.ts';
import { cause, denied, givenStepError, reasonOf } from './step-errors-kit.ts';

const minutes = 60_000;
const broken = { behaviour: 'app-load-failed' } as const;

describeMachine('a host that can not be put back', () => {
  test('revert: it is tried three times within minutes, and the end names the error and the repair', async () => {
    const world = await givenUpgrade(broken);
    givenStepError(world, 'revert');
    const from = world.time.now();

    const story = await world.deploy();
    world.clearFaults();

    const vain = map('Revert', 1, 'RevertHost RevertUnknown');
    expectTail(story.path, [...vain, ...again, ...vain, ...again, ...vain, 'NextWave', 'Finish', 'FailedDirty']);
    expect(story.outcome?.reason.text).toMatch(
      /^these hosts are not as they should be: a \(did not pass on a: .+\); revert/,
    );
    expect(story.outcome?.reason.text).toContain(reasonOf(world, 'revert could not be sent to a'));
    expect(story.cause).toContain(`To repair: a: rollgate deploy --release v1 --hosts ${world.idOf('a')}`);
    expect(world.time.now() - from).toBeLessThan(5 * minutes);
  });

  test('revert, with a fault that the machine tries again by itself: minutes too', async () => {
    const world = await givenUpgrade(broken);
    givenStepError(world, 'revert', {
      error: 'TransientAwsError',
      cause: 'ssm:SendCommand on i-0a (RequestLimitExceeded)',
    });
    const from = world.time.now();

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedDirty');
    expect(story.outcome?.reason.text).toContain('TransientAwsError: ssm:SendCommand on i-0a (RequestLimitExceeded)');
    expect(world.time.now() - from).toBeLessThan(15 * minutes);
  });

  test('revert, with an error of the whole Map: it is given up too', async () => {
    const world = await givenUpgrade({ ...broken, definition: withoutCatch('RevertHost') });
    givenStepError(world, 'revert');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedDirty');
    expect(story.decisions.filter(({ decision }) => decision.kind === 'revert').length).toBeLessThanOrEqual(4);
  });

  test('revert, and the error can not be written down either: the rounds are bounded still', async () => {
    const world = await givenUpgrade(broken);
    givenStepError(world, 'revert');
    world.givenFunctionFault('RecordStepError', denied, { times: 3000 });
    const from = world.time.now();

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedDirty');
    expect(story.decisions.filter(({ decision }) => decision.kind === 'revert')).toHaveLength(maxDeadRounds);
    expect(story.outcome?.reason.text).toContain(
      `revert could not be sent to a (${world.idOf('a')}): ${maxDeadRounds} rounds came to nothing`,
    );
    expect(world.time.now() - from).toBeLessThan(30 * minutes);
  });

  test('the gate after the revert: it is tried twice, and the end names the error', async () => {
    const world = await givenUpgrade(broken);
    givenStepError(world, 'verifyRevert');

    const story = await world.deploy();
    world.clearFaults();

    const vain = map('Revert', 1, 'RevertHost VerifyRevert RevertUnknown');
    expectTail(story.path, [...vain, ...again, ...vain, 'NextWave', 'Finish', 'FailedDirty']);
    expect(story.outcome?.reason.text).toContain(`${denied}: ${cause}`);
  });

  test('one of several: the others go back', async () => {
    const world = await givenUpgrade({ rollout: { maxUnavailable: 2, waves: ['100%'] } });
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed', 1);
    givenStepError(world, 'revert', { host: 'a' });

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedDirty');
    expect(story.outcome?.hosts.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'a dirty',
      'b reverted',
      'c reverted',
    ]);
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);
  });

  test('settle: it is tried three times, and the host is named', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, maxUnavailable: 2 } });
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'lost-command');
    givenStepError(world, 'settle');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.decisions.filter(({ decision }) => decision.kind === 'settle')).toHaveLength(3);
    expect(story.end).toBe('FailedDirty');
    expect(story.outcome?.reason.text).toContain(reasonOf(world, 'settle could not be sent to a'));
  });

  test('in a repair: it is bounded too, and the lock is free', async () => {
    const world = await givenUpgrade();
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('activate a'));
    givenStepError(world, 'revert');

    await world.executions.stop(executionArn, 'Stopped', 'in the console');
    await world.rest();
    world.clearFaults();

    const repair = await world.lastStory();
    expect(repair.end).toBe('FailedDirty');
    expect(repair.decisions.filter(({ decision }) => decision.kind === 'revert')).toHaveLength(3);
    expect(repair.outcome?.reason.text).toContain(reasonOf(world, 'revert could not be sent to a'));
  });
});

describeMachine('a host whose load balancer can not be asked', () => {
  test('drain: nothing was touched, and the end says why', async () => {
    const world = await givenUpgrade({ loadBalancer });
    givenStepError(world, 'drain');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedClean');
    expect(story.decisions.filter(({ decision }) => decision.kind === 'drain')).toHaveLength(3);
    expect(story.outcome?.reason.text).toBe(reasonOf(world, 'drain on a', ' could not be begun'));
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('drain, on the way back: the host is put back all the same', async () => {
    const world = await givenUpgrade({ loadBalancer, rollout: { waves: [1, '100%'] } });
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed', 1);
    world.whenEntered('JoinHost', () => givenStepError(world, 'drain'));

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('join: the rollout turns back with the reason, and the host that stays outside is named', async () => {
    const world = await givenUpgrade({ loadBalancer });
    givenStepError(world, 'join');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedDirty');
    expect(story.decisions.filter(({ decision }) => decision.kind === 'join').length).toBeLessThanOrEqual(6);
    expect(story.outcome?.reason.text).toContain(reasonOf(world, 'join on a', ' could not be begun'));
    expect(story.outcome?.hosts[0]).toMatchObject({ name: 'a', status: 'dirty', isOutside: true });
  });
});

describeMachine('the last host of a rollout whose load balancer can not be asked', () => {
  test('join: a release that is well is not reverted for it, and the host that stays outside is named', async () => {
    const world = await givenUpgrade({ loadBalancer, hosts: 'a' });
    givenStepError(world, 'join');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.decisions.filter(({ decision }) => decision.kind === 'join')).toHaveLength(3);
    expect(story.end).toBe('FailedDirty');
    expect(story.outcome?.reason.text).toBe(
      `these hosts are not as they should be: a; ${reasonOf(world, 'join on a', ' could not be begun')}`,
    );
    expect(world.target.running()).toEqual(['a v2']);
  });
});

describeMachine('an instance that converges', () => {
  test('and can not be activated gets an end with the reason, and the lock is free', async () => {
    const world = await givenMachine({ later: 'd' });
    await world.givenStable(1);
    givenStepError(world, 'activate', { host: 'd' });

    world.appear('d');
    await world.rest();
    world.clearFaults();

    const story = await world.lastStory();
    expect(story.decisions.filter(({ decision }) => decision.kind === 'wave')).toHaveLength(3);
    expect(story.outcome?.reason.text).toContain(`${denied}: ${cause}`);
  });
});
