import { expect, test } from 'vitest';
import { publishServiceConfig } from '../../../ledger/config/service-config.ts';
import type { World } from '../../fakes/world.ts';
import { paymentYamlWith } from '../../given/configuration.ts';
import {
  describeMachine,
  expectTail,
  givenMachine,
  givenRunningUpgrade,
  givenUpgrade,
  reverted,
} from '../given-machine.ts';

describeMachine('a host that is down and outside the plan', () => {
  test('counts in a revert too: while the first host does not come back, the second is not taken down', async () => {
    const world = await givenUpgrade({ hosts: 'abcd', rollout: { maxUnavailable: 2, waves: [1, '100%'] } });
    world.target.fleet.givenFault(world.idOf('d'), 'activate', 'offline-after');
    expect((await world.deploy({ hosts: [world.idOf('d')] })).end).toBe('FailedDirty');
    const sentBefore = world.sent().length;
    world.target.fleet.givenFault(world.idOf('c'), 'verify', 'http-failed');
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'start-failed');

    const story = await world.deploy({ hosts: [...'abc'].map(world.idOf) });

    expectTail(story.path, [
      ...[...reverted(1), 'NextWave'],
      ...['Revert', 'Revert 0: RevertHost NotReverted', 'Revert 1: RevertHost NotReverted', 'NextWave'],
      ...[...reverted(1), 'NextWave', ...reverted(1), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    const reverts = world.sent().slice(sentBefore);
    expect(reverts.filter((command) => command.startsWith('revert'))).toEqual([
      ...['revert c', 'revert a', 'revert a', 'revert b'],
    ]);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1', 'd v2 off']);
  });

  test('and that answers counts too: what a failed deployment left down keeps the others up', async () => {
    const world = await givenUpgrade();
    const left = await leaveDown(world, 'a');
    const sentBefore = world.sent().length;

    const story = await world.deploy({ hosts: [world.idOf('b')] });

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason.text).toBe(
      `1 host of the target is down already and maxUnavailable is 1: a (last seen by ${left})`,
    );
    expect(world.sent().slice(sentBefore)).toEqual(['install b']);
    expect(world.target.running()).toEqual(['a v1 inactive', 'b v1', 'c v1']);
  });

  test('and that is up but unwell counts too, where the command that was to put it back says nothing of its health', async () => {
    const world = await givenUpgrade({ behaviour: 'unhealthy' });
    world.target.fleet.givenFault(world.idOf('a'), 'revert', 'stop-failed', 2);
    expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('FailedDirty');
    expect(world.target.running()).toEqual(['a v2', 'b v1', 'c v1']);

    expect((await world.deploy({ hosts: [world.idOf('b')] })).outcome?.reason.code).toBe('too-many-down');
  });

  test('does not count if nothing ever ran there: a failed deployment has taken nothing down', async () => {
    const world = await givenMachine({ hosts: 'ab', running: 'none' });
    await world.givenUpload(1);
    expect((await world.deploy({ hosts: [world.idOf('b')] })).end).toBe('Succeeded');
    await world.givenUpload(2, 'unhealthy');
    expect((await world.deploy({ hosts: [world.idOf('a')] })).end).toBe('RolledBack');
    await world.givenUpload(3);

    expect((await world.deploy({ hosts: [world.idOf('b')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a none', 'b v3']);
  });

  test('no longer counts once a later deployment found that it serves', async () => {
    const world = await givenUpgrade();
    await leaveDown(world, 'a');
    expect((await world.deploy({ release: 'v1', hosts: [world.idOf('a')] })).end).toBe('Succeeded');

    expect((await world.deploy({ hosts: [world.idOf('b')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v1', 'b v2', 'c v1']);
  });

  test('still counts after a deployment that did not come to look at it', async () => {
    const world = await givenUpgrade();
    await leaveDown(world, 'a');
    expect((await world.deploy({ release: 'v1', hosts: [world.idOf('c')] })).end).toBe('FailedClean');

    expect((await world.deploy({ hosts: [world.idOf('b')] })).outcome?.reason.code).toBe('too-many-down');
  });

  test('does not count where `halt --keep` left it serving another release', async () => {
    const { world, executionArn } = await givenRunningUpgrade({ seconds: { verify: 60 } });
    await world.until(() => world.sent().includes('verify a'));
    await world.say('halt', (await world.story(executionArn)).deploymentId, { isKept: true });
    expect((await world.ended(executionArn)).end).toBe('Halted');

    expect((await world.deploy({ hosts: [world.idOf('b')] })).end).toBe('Succeeded');
    expect(world.target.running()).toEqual(['a v2', 'b v2', 'c v1']);
  });

  test('counts where `halt --keep` left it down', async () => {
    const world = await givenUpgrade();
    world.target.fleet.givenFault(world.idOf('a'), 'activate', 'start-failed');
    const executionArn = await world.start();
    const { deploymentId } = await world.story(executionArn);
    await world.until(() => world.sent().includes('activate a'));
    await world.say('halt', deploymentId, { isKept: true });
    expect((await world.ended(executionArn)).outcome?.hosts[0]).toMatchObject({ status: 'kept' });
    expect(world.target.running()[0]).toBe('a v2 inactive');

    expect((await world.deploy({ hosts: [world.idOf('b')] })).outcome?.reason.code).toBe('too-many-down');
  });
});

describeMachine('a host of the plan that was last seen down', () => {
  test('counts although an operator skips it before anybody looks at it again', async () => {
    const world = await givenUpgrade();
    await leaveDown(world, 'a');
    const asking = paymentYamlWith({ rollout: { approval: 'before-staging' } });
    await publishServiceConfig(world.ports, asking, 'test');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const { deploymentId } = await world.story(executionArn);

    await world.say('skip', deploymentId, { hosts: [world.idOf('a')] });
    await world.say('approve', deploymentId);

    expect((await world.ended(executionArn)).outcome?.reason.code).toBe('too-many-down');
    expect(world.target.running()).toEqual(['a v1 inactive', 'b v1', 'c v1']);
  });

  test('counts although its staging fails without a report', async () => {
    const world = await givenUpgrade({ rollout: { maxFailedHosts: 1 } });
    await leaveDown(world, 'a');
    world.target.fleet.givenFault(world.idOf('a'), 'install', 'no-report', 3);

    expect((await world.deploy()).outcome?.reason.code).toBe('too-many-down');
    expect(world.target.running()).toEqual(['a v1 inactive', 'b v1', 'c v1']);
    world.target.clearFaults();
  });
});

/** A deployment to this host alone ends FailedDirty: nothing serves there, and the host answers. */
async function leaveDown(world: World, name: string): Promise<string> {
  world.target.fleet.givenFault(world.idOf(name), 'activate', 'start-failed');
  world.target.fleet.givenFault(world.idOf(name), 'revert', 'start-failed', 2);
  const { end, deploymentId } = await world.deploy({ hosts: [world.idOf(name)] });
  expect(end).toBe('FailedDirty');
  return deploymentId;
}
