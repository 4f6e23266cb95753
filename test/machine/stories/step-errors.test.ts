import { expect, test } from 'vitest';
import { deploymentView } from '../../../core/views/deployment-view.ts';
import { explainView } from '../../../core/views/explain-view.ts';
import { readDeployment } from '../../../ledger/rollout/deployment-history.ts';
import { afterStage, again, describeMachine, givenMachine, givenUpgrade } from '../given-machine.ts';
import { loadBalancer } from './load-balancer-kit.ts';
import { cause, denied, givenStepError, reasonOf } from './step-errors-kit.ts';

const minutes = 60_000;

describeMachine('a step that can not be begun on a host', () => {
  test('activate: it is tried three times with growing waits, nothing was touched, and the permission is named', async () => {
    const world = await givenUpgrade();
    givenStepError(world, 'activate');
    const from = world.time.now();

    const story = await world.deploy();
    world.clearFaults();

    const vain = ['Wave', 'Wave 0: Activate WaveHostUnknown'];
    expect(afterStage(story)).toEqual([
      ...['NextWave', ...vain, ...again, ...vain, ...again, ...vain, 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(story.decisions.map(({ decision }) => decision)).toMatchObject([
      ...[{ kind: 'wave' }, { kind: 'wait', seconds: 4 }, { kind: 'wave' }, { kind: 'wait', seconds: 12 }],
      ...[{ kind: 'wave' }, { kind: 'finish' }],
    ]);
    expect(story.outcome?.reason).toEqual({
      code: 'step-error',
      text: reasonOf(world, 'activate could not be sent to a'),
    });
    expect(story.outcome?.hosts[0]).toMatchObject({
      name: 'a',
      status: 'untouched',
      repair: null,
      diagnosis: { cause: 'permission-denied', remedy: expect.stringContaining('ssm:SendCommand') as string },
    });
    expect(world.calls().filter((call) => call === 'ledger.read').length).toBeLessThan(1000);
    expect(world.time.now() - from).toBeLessThan(3 * minutes);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test.each([
    ['Lambda.Unknown', 'The cause could not be determined because Lambda did not return an error type.', 'call-failed'],
    ['Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 9.00 seconds', 'call-failed'],
    [
      'TransientAwsError',
      'ssm:SendCommand on i-0a did not succeed after 3 attempts (ThrottlingException: Rate exceeded)',
      'limit-reached',
    ],
  ])('%s: the machine tries again by itself first, and the end quotes it', async (error, why, found) => {
    const world = await givenUpgrade();
    givenStepError(world, 'activate', { error, cause: why });
    const from = world.time.now();

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedClean');
    expect(story.decisions.filter(({ decision }) => decision.kind === 'wave')).toHaveLength(3);
    expect(story.outcome?.reason.text).toContain(`${error}: ${why}`);
    expect(story.outcome?.hosts[0]?.diagnosis?.cause).toBe(found);
    expect(world.time.now() - from).toBeLessThan(15 * minutes);
  });

  test('an error that is gone a round later ends nothing', async () => {
    const world = await givenUpgrade();
    givenStepError(world, 'activate', { times: 1 });
    givenStepError(world, 'activate', { times: 2, host: 'b' });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(story.outcome?.hosts.map((host) => host.diagnosis)).toEqual([null, null, null]);
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v2']);
  });

  test('one of three, where one may fail: the others get the release, and the end names the host', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, maxUnavailable: 1, waves: ['100%'] } });
    givenStepError(world, 'activate');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('Degraded');
    expect(story.outcome?.reason.text).toBe(
      `v2 runs on 2 hosts; on their previous release: a; ${reasonOf(world, 'activate could not be sent to a')}`,
    );
    expect(story.outcome?.hosts[0]?.diagnosis?.meaning).toContain(cause);
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v2']);
  });

  test('one of three in a rollback: the others go back, and the end names the host', async () => {
    const world = await givenMachine();
    await world.givenStable(1, 2);
    givenStepError(world, 'activate', { host: 'b' });

    const story = await world.deploy({ rollback: true });
    world.clearFaults();

    expect(story.decisions.filter(({ decision }) => decision.kind === 'wave').length).toBeLessThanOrEqual(5);
    expect(story.end).toBe('Degraded');
    expect(story.outcome?.reason.text).toContain(
      `activate could not be sent to b (${world.idOf('b')}): ${denied}: ${cause}`,
    );
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v1']);
  });

  test('install: nothing was touched, and the end says why', async () => {
    const world = await givenUpgrade();
    givenStepError(world, 'install');

    const story = await world.deploy();
    world.clearFaults();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason.text).toBe(reasonOf(world, 'install could not be sent to a'));
  });

  test('verify: nobody knows whether the host is well, so a person is asked, and a halt puts it back', async () => {
    const world = await givenUpgrade();
    givenStepError(world, 'verify');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const parked = await world.story(executionArn);
    const shown = await readDeployment(world.ports, parked.deploymentId);

    await world.say('halt', parked.deploymentId);
    const story = await world.ended(executionArn);
    world.clearFaults();

    expect(parked.decisions.filter(({ decision }) => decision.kind === 'verify')).toHaveLength(5);
    expect(parked.decisions.at(-1)?.decision).toMatchObject({ kind: 'park', why: 'platform-fault' });
    const text = reasonOf(world, 'verify could not be sent to a');
    expect(shown === undefined ? null : deploymentView(shown).statusNote).toContain(`; ${text}`);
    expect(shown === undefined ? null : explainView(shown).hosts[0]).toMatchObject({
      diagnosis: { cause: 'permission-denied', remedy: expect.stringContaining('ssm:SendCommand') as string },
      errors: [{ action: 'verify', times: 6 }],
    });
    expect(story.end).toBe('RolledBack');
    expect(story.outcome?.hosts[0]?.status).toBe('reverted');
  });

  test('of an execution that has lost the lock: nothing is written of it', async () => {
    const world = await givenMachine({ hasLockLeft: true });
    await world.givenUpload(1);
    world.whenEntered('Activate', () => world.givenLockStolen());

    await world.deploy();

    expect(world.bucket.keys().filter((key) => key.endsWith('.error.json'))).toEqual([]);
  });
});

describeMachine('an error that can not be written down', () => {
  test.each([
    ['install', 1, 'InstallRelease InstallUnknown InstallUnrecorded', {}],
    ['activate', 1, 'Activate WaveHostUnknown WaveHostUnrecorded', {}],
    ['verify', 2, 'VerifyHost VerifyUnknown VerifyUnrecorded', {}],
    ['revert', 1, 'RevertHost RevertUnknown RevertUnrecorded', { behaviour: 'app-load-failed' }],
    ['drain', 1, 'DrainHost DrainUnknown DrainUnrecorded', { loadBalancer }],
    ['join', 1, 'JoinHost JoinUnknown JoinUnrecorded', { loadBalancer }],
  ] as const)('%s, %i times: the round is over, and the next decision goes on', async (action, times, states, more) => {
    const world = await givenUpgrade(more);
    givenStepError(world, action, { times });
    world.givenFunctionFault('RecordStepError', 'TypeError', { times });

    const story = await world.deploy();

    expect(story.path.filter((line) => line.endsWith(states))).toHaveLength(1);
    expect(story.outcome?.status).not.toBe('FailedDirty');
  });

  test('settle: the round is over, and the next decision goes on', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, maxUnavailable: 2 } });
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'lost-command');
    givenStepError(world, 'settle', { times: 1 });
    world.givenFunctionFault('RecordStepError', 'TypeError');

    const story = await world.deploy();

    expect(story.path).toContain('Settle 0: SettleHost SettleUnknown SettleUnrecorded');
    expect(story.end).toBe('Degraded');
  });
});
