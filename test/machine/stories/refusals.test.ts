import { expect, test } from 'vitest';
import { zipOf } from '../../fakes/artifact-zips.ts';
import { describeMachine, expectTail, givenMachine, givenUpgrade, settled, staged, toPlan } from '../given-machine.ts';

const refused = ['Admit', 'Finish', 'FailedClean'];

describeMachine('is refused before anything waits or is locked', () => {
  test.each<[string, Readonly<Record<string, unknown>>, string]>([
    [
      'an unknown key',
      { releas: 'v1' },
      'releas: unknown key, did you mean release?; known here: release, versionId, rollback, throughFreeze, configOnly, hosts, dryRun, resume, retry, reason, by',
    ],
    ['an unknown release', { release: 'v9' }, 'release: v9 does not exist; there are v1'],
    [
      'an unknown host',
      { hosts: ['i-000000000000000ff'] },
      'hosts: i-000000000000000ff does not carry the tags Service=payment; the target is i-0000000000000000a (a), i-0000000000000000b (b), i-0000000000000000c (c)',
    ],
    [
      'an unknown deployment to resume',
      { resume: 'd-20261122-204500-000000' },
      'resume: there is no deployment d-20261122-204500-000000; see rollgate history',
    ],
    [
      'an unknown deployment to repair',
      { repair: 'd-20261122-204500-000000' },
      'repair: there is no deployment d-20261122-204500-000000; see rollgate history',
    ],
  ])('%s', async (_what, input, sentence) => {
    const world = await givenMachine();
    await world.givenStable(1);

    const story = await world.deploy(input);

    expect(story.path).toEqual(refused);
    expect(story.error).toBe('InvalidDeploymentError');
    expect(story.cause?.split('\n')[0]).toBe(sentence);
    expect(world.sent()).toEqual([]);
  });

  test('nothing was uploaded yet', async () => {
    const world = await givenMachine();

    expect(await world.deploy()).toMatchObject({ path: refused, error: 'InvalidDeploymentError' });
  });

  test('an upload that is no zip gets no number and supersedes nothing', async () => {
    const world = await givenMachine();
    await world.givenStable(1);
    const { newestUpload } = await world.state();
    await world.artifacts.upload(new TextEncoder().encode('no zip'));

    await world.rest();

    const last = (await world.all()).at(-1);
    const story = await world.story(last?.executionArn ?? '');
    expect(story.path).toEqual(refused);
    expect(story.cause?.split('\n')[0]).toBe('the artifact is not a zip file');
    expect(newestUpload?.versionId).toBe('upload.1');
    expect((await world.state()).newestUpload).toEqual(newestUpload);
    expect(world.bucket.keys().filter((key) => key.includes('/releases/'))).toHaveLength(2);
  });

  test('an upload without payment.ini', async () => {
    const world = await givenMachine();
    await world.artifacts.upload(await zipOf({ 'payment.py': '', 'requirements.txt': 'Flask\n' }));

    await world.rest();

    const story = await world.story((await world.all())[0]?.executionArn ?? '');
    expect(story).toMatchObject({ path: refused, error: 'InvalidDeploymentError' });
    expect(story.cause).toContain('payment.ini');
  });

  test('a host that is offline', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.target.fleet.host(world.idOf('b')).powerOff();

    const story = await world.deploy();

    expect(story.path).toEqual(refused);
    expect(story.cause?.split('\n')[0]).toBe(
      "target: b (i-0000000000000000b) can't be reached: its SSM agent is offline (ConnectionLost); " +
        'bring it back, remove its tags, or set rollout.offlineHosts to skip',
    );
    expect(world.target.running()).toEqual(['a v0', 'b v0 off', 'c v0']);
  });
});

describeMachine('where hosts are offline', () => {
  test('they are left out and named where the policy says skip', async () => {
    const world = await givenMachine({ rollout: { offlineHosts: 'skip', maxUnavailable: 2 } });
    await world.givenUpload(1);
    world.target.fleet.host(world.idOf('b')).powerOff();

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect((await world.state()).stableHistory.map((entry) => entry.release)).toEqual([1]);
    expect(story.outcome?.hosts.map((host) => `${host.name} ${host.status}`)).toEqual([
      'a passed',
      'c passed',
      'b skipped',
    ]);
  });

  test('a host that goes offline while it waits for the lock ends FailedClean', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.whenEntered('Plan', () => world.target.fleet.host(world.idOf('b')).powerOff());

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, 'Finish', 'FailedClean']);
    expect(story.error).toBe('InvalidDeploymentError');
    expect(world.sent()).toEqual([]);
  });

  test('a host that SSM refuses at the call is a failed host with its cause, not an exception', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    world.whenEntered('Stage', () => world.target.fleet.host(world.idOf('b')).powerOff());

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, ...staged(3), 'NextWave', 'Finish', 'FailedClean']);
    expect(story.outcome?.hosts[1]?.diagnosis?.cause).toBe('agent-offline');
    expect(story.cause).toMatch(/^could not be staged on b: /);
  });

  test('a host that SSM refuses to activate was not touched: the others go on within the budget', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1, maxUnavailable: 2 } });
    world.whenEntered('Activate', () => world.target.fleet.host(world.idOf('a')).powerOff());

    const story = await world.deploy();

    expect(story.end).toBe('Degraded');
    expect(story.outcome?.hosts.map((host) => `${host.name} ${host.status}`)).toEqual([
      'a untouched',
      'b passed',
      'c passed',
    ]);
    expect(world.target.running()).toEqual(['a v1 off', 'b v2', 'c v2']);
  });

  test('a host that is switched off in the middle ends FailedDirty, with its name and the command that repairs it', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'offline');

    const story = await world.deploy();

    expectTail(story.path, [
      ...['Revert 0: RevertHost NotReverted', 'NextWave', ...settled(1), 'NextWave'],
      ...['Finish', 'FailedDirty'],
    ]);
    expect(story.error).toBe('RevertFailedError');
    expect(story.outcome?.reason.text).toMatch(/^these hosts are not as they should be: a \(/);
    expect(story.outcome?.hosts[0]?.diagnosis).toMatchObject({
      cause: 'host-lost',
      meaning: 'the host went away during the deployment: its instance is stopped',
    });
    expect(story.cause).toContain(`To repair: a: rollgate deploy --release v1 --hosts ${world.idOf('a')}`);
    expect(world.sent().filter((command) => command.endsWith('b') || command.endsWith('c'))).toEqual([
      ...['install b', 'install c'],
    ]);
  });
});

describeMachine('a dry run', () => {
  test('takes no lock, makes no release, sends nothing, and says what it would do', async () => {
    const world = await givenUpgrade();
    const before = await world.state();

    const story = await world.deploy({ dryRun: true });

    expect(story.path).toEqual(['Admit', 'Plan', 'Stage', 'NextWave', 'Finish', 'Succeeded']);
    expect(story.outcome).toMatchObject({
      isDryRun: true,
      reason: { text: 'a plan only: v2 would go to 3 hosts; nothing was changed' },
    });
    expect(await world.state()).toEqual(before);
    expect(world.sent()).toEqual([]);
    expect(world.bucket.keys().filter((key) => key.endsWith('.zip'))).toHaveLength(1);
  });

  test('goes on while another deployment holds the lock', async () => {
    const world = await givenMachine();
    await world.givenUpload(1);
    const running = await world.start();
    await world.until(() => world.sent().includes('activate a'));

    const plan = await world.deploy({ dryRun: true });

    expect(plan.end).toBe('Succeeded');
    expect((await world.story(running)).status).toBe('RUNNING');
    expect((await world.ended(running)).end).toBe('Succeeded');
  });
});
