import { expect, test } from 'vitest';
import type { HostOutcome } from '../../../core/deployment-records.ts';
import { keys } from '../../../ledger/keys.ts';
import type { World } from '../../fakes/world.ts';
import {
  describeMachine,
  expectTail,
  type GivenMachine,
  givenMachine,
  map,
  reverted,
  staged,
  toPlan,
  wave,
  withoutCatch,
} from '../given-machine.ts';

const loadBalancer = { targetGroup: 'payment-{stage}', drainSeconds: 60, healthySeconds: 60 };
const drained = (hosts = 1): string[] => map('Drain', hosts, 'DrainHost');
const joined = (hosts = 1): string[] => map('Join', hosts, 'JoinHost');
/** One host, or several together, on the way through a release. */
const through = (hosts = 1): string[] => [
  ...['NextWave', ...drained(hosts), 'NextWave', ...wave(hosts), 'NextWave', ...joined(hosts)],
];
const afterStage = toPlan.length + staged(3).length;
const wellAll = ['a healthy', 'b healthy', 'c healthy'];
const timeout = { isOk: false, reason: 'Target.Timeout', description: 'Request timed out' } as const;
const bug = 'TypeError';

function givenBalanced(more: GivenMachine = {}): Promise<World> {
  return givenMachine({ loadBalancer, ...more });
}

/** What the ledger holds of one host: `drain 1 done`. */
function stepsOf(world: World, name: string): readonly string[] {
  const id = world.deploymentIds().at(-1) ?? '';
  const prefix = `${keys.hosts('payment', id)}${world.idOf(name)}/`;
  return world.bucket
    .keys()
    .filter((key) => key.startsWith(prefix) && /\/(?:drain|join)-\d+\.json$/.test(key))
    .map((key) => world.bucket.json(key) as { action: string; attempt: number; status: string; note?: string })
    .map(
      ({ action, attempt, status, note }) => `${action} ${attempt} ${status}${note === undefined ? '' : `: ${note}`}`,
    );
}

function hostOf(hosts: readonly HostOutcome[] | undefined, name: string): HostOutcome | undefined {
  return hosts?.find((host) => host.name === name);
}

/** Who is in the group, and how, whenever a host is switched. */
function watchSwitches(world: World): readonly string[] {
  const seen: string[] = [];
  world.onTransition(({ visit }) => {
    if (visit.state === 'Activate' || visit.state === 'RevertHost') seen.push(world.inGroup().join(', '));
  });
  return seen;
}

describeMachine('hosts behind a load balancer', () => {
  test('leave it before they are activated and join it after their gate, one after another', async () => {
    const world = await givenBalanced();
    await world.givenUpload(1);
    const switches = watchSwitches(world);

    const story = await world.deploy();

    expect(story.path).toEqual([
      ...[...toPlan, ...staged(3), ...through(), ...through(), ...through()],
      ...['NextWave', 'Finish', 'Succeeded'],
    ]);
    expect(switches).toEqual(['b healthy, c healthy', 'a healthy, c healthy', 'a healthy, b healthy']);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.mostDown()).toBe(1);
    expect(stepsOf(world, 'a')).toEqual(['drain 1 done', 'join 1 done']);
  });

  test('as many at once as may be down', async () => {
    const world = await givenBalanced({ rollout: { maxUnavailable: 2, waves: ['100%'] } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.path.slice(afterStage)).toEqual([...through(2), ...through(1), 'NextWave', 'Finish', 'Succeeded']);
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('a host that fails its gate stays out until it is back on its own release, and nobody else leaves', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2, 'app-load-failed');
    const switches = watchSwitches(world);

    const story = await world.deploy();

    expect(story.path.slice(afterStage)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...wave(1), 'NextWave', ...reverted(1), 'NextWave', ...joined()],
      ...['NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(switches).toEqual(['b healthy, c healthy', 'b healthy, c healthy']);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a host that passed leaves once more before it is reverted', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('activate b'));
    await world.say('halt', world.deploymentIds().at(-1) ?? '', { reason: 'looks wrong' });

    const story = await world.ended(executionArn);

    expect(story.end).toBe('RolledBack');
    expectTail(story.path, [
      ...[...wave(1), 'NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', ...drained(), 'NextWave'],
      ...[...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a wave bakes under the load of its hosts; one that fails then leaves before it is put back', async () => {
    const world = await givenBalanced({ hosts: 'ab', rollout: { bakeSeconds: 30 } });
    await world.givenStable(1);
    await world.givenUpload(2);
    world.whenEntered('VerifyWave', () => world.target.fleet.givenFault(world.idOf('a'), 'verify', 'http-failed'));
    const baking: string[] = [];
    world.whenEntered('Bake', () => void baking.push(...world.inGroup()));

    const story = await world.deploy();

    expect(baking).toEqual(['a healthy', 'b healthy']);
    expectTail(story.path, [
      ...['Bake', 'NextWave', ...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', ...drained(), 'NextWave'],
      ...[...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy']);
  });

  test('a drain that does not end within its time is given up, and the record says so', async () => {
    const world = await givenBalanced({ loadBalancer: { ...loadBalancer, drainSeconds: 20 } });
    await world.givenUpload(1);
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(stepsOf(world, 'a')).toEqual([
      'drain 1 done: still draining after 20 s: went on, and its connections are cut',
      'join 1 done',
    ]);
    expect(stepsOf(world, 'b')).toEqual(['drain 1 done', 'join 1 done']);
  });

  test('a host that the load balancer never calls healthy has failed its gate: it is reverted, and is in again', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    world.whenEntered('Join', () => world.givenProbe('a', timeout));
    world.whenEntered('Revert', () => world.givenProbe('a', null));

    const story = await world.deploy();

    expect(story.path.slice(afterStage)).toEqual([
      ...[...through(), 'NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'RolledBack'],
    ]);
    expect(story.outcome?.reason.text).toBe(
      'did not pass on a: passed its own gate, but payment-local (simulated load balancer) says unhealthy after 60 s (Target.Timeout: Request timed out)',
    );
    expect(hostOf(story.outcome?.hosts, 'a')).toMatchObject({
      status: 'reverted',
      diagnosis: { cause: 'target-unhealthy' },
    });
    expect(world.inGroup()).toEqual(wellAll);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
  });

  test('a host that can not come back in is tried once more, then named, and stays out', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    world.whenEntered('Join', () => world.givenProbe('a', timeout));

    const story = await world.deploy();

    expect(story.path.slice(afterStage)).toEqual([
      ...[...through(), 'NextWave', ...reverted(1), 'NextWave', ...joined()],
      ...['NextWave', ...reverted(1), 'NextWave', ...joined(), 'NextWave', 'Finish', 'FailedDirty'],
    ]);
    expect(hostOf(story.outcome?.hosts, 'a')).toMatchObject({
      ...{ status: 'dirty', isOutside: true, diagnosis: { cause: 'target-unhealthy' } },
      repair: `rollgate deploy --release v1 --hosts ${world.idOf('a')}`,
    });
    expect(world.inGroup()).toEqual(['b healthy', 'c healthy']);
  });

  test('what was not registered joins with its first release, and is out again where the release before is none of ours', async () => {
    const world = await givenBalanced();
    world.group.deregister({ instanceId: world.idOf('a'), port: 8080 });
    await world.givenUpload(1);
    world.givenProbe('b', timeout);
    world.whenEntered('Revert', () => world.givenProbe('b', null));

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(world.target.running()).toEqual(['a v0', 'b v0', 'c v0']);
    expect(world.inGroup()).toEqual(['b healthy', 'c healthy']);
  });

  test('a halt while a host leaves brings it back at once, untouched', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('DrainHost'));
    const before = world.time.now();
    await world.say('halt', world.deploymentIds().at(-1) ?? '');

    const story = await world.ended(executionArn);

    expect(story.path.slice(afterStage)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...joined(), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(world.sent().filter((command) => !command.startsWith('install'))).toEqual([]);
    expect(world.inGroup()).toEqual(wellAll);
    expect((world.time.now() - before) / 1000).toBeLessThan(60);
  });

  test('a pause while a host leaves brings it back before anybody waits; resumed, it leaves anew', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    world.group.opened({ instanceId: world.idOf('a'), port: 8080 });
    const executionArn = await world.start();
    await world.until(() => world.isParked('DrainHost'));
    const deploymentId = world.deploymentIds().at(-1) ?? '';
    await world.say('pause', deploymentId);
    await world.until(() => world.isParked('AwaitOperator'));
    const whilePaused = world.inGroup();
    await world.say('resume', deploymentId);

    const story = await world.ended(executionArn);

    expect(whilePaused).toEqual(wellAll);
    expect(story.path.slice(afterStage, afterStage + 9)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...joined(), 'NextWave', 'AwaitOperator', 'NextWave'],
    ]);
    expect(story.end).toBe('Succeeded');
    expect(stepsOf(world, 'a')).toEqual([
      ...['drain 1 done: called off by an operator', 'drain 2 done', 'join 1 done', 'join 2 done'],
    ]);
  });

  test('halt --keep leaves hosts that passed in the group, and one that failed out of it', async () => {
    const world = await givenBalanced({ rollout: { maxFailedHosts: 1 } });
    await world.givenStable(1);
    await world.givenUpload(2);
    world.target.fleet.givenFault(world.idOf('b'), 'verify', 'http-failed');
    const executionArn = await world.start();
    await world.until(() => world.sent().includes('verify b'));
    await world.say('halt', world.deploymentIds().at(-1) ?? '', { isKept: true });

    const story = await world.ended(executionArn);

    expect(story.end).toBe('Halted');
    expect(story.outcome?.hosts.map(({ name, status, isOutside }) => [name, status, isOutside ?? false])).toEqual([
      ['a', 'passed', false],
      ['b', 'kept', true],
      ['c', 'untouched', false],
    ]);
    expect(world.inGroup()).toEqual(['a healthy', 'c healthy']);
    world.clearFaults();
  });

  test('the last healthy host is not taken out while others are there', async () => {
    const world = await givenBalanced({ hosts: 'ab', loadBalancer: { ...loadBalancer, drainSeconds: 20 } });
    await world.givenStable(1);
    await world.givenUpload(2);
    world.givenProbe('b', timeout);
    await world.group.check();
    await world.group.check();

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(story.outcome?.reason.text).toBe(
      `did not pass on a: it is the last healthy one of payment-local (simulated load balancer), so it was not taken out; the others: ${world.idOf('b')} unhealthy`,
    );
    expect(world.inGroup()).toEqual(['a healthy', 'b unhealthy']);
  });

  test('a host alone in its group is taken out all the same: there is nobody else', async () => {
    const world = await givenBalanced({ hosts: 'a' });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.end).toBe('Succeeded');
    expect(world.inGroup()).toEqual(['a healthy']);
  });

  test('a target group that is not there ends FailedClean before anything is touched', async () => {
    const world = await givenBalanced({ loadBalancer: { ...loadBalancer, targetGroup: 'elsewhere' } });
    await world.givenUpload(1);

    const story = await world.deploy();

    expect(story.path).toEqual([...toPlan, 'Finish', 'FailedClean']);
    expect(story.outcome?.reason.text).toBe(
      'loadBalancer.targetGroup: there is no target group elsewhere in this account and region; make it, or correct the name',
    );
    expect(world.sent()).toEqual([]);
  });

  test('a fault that all hosts share pauses with the host outside; verified after all, it joins', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    world.target.fleet.givenFault(world.idOf('a'), 'verify', 'upstream-unreachable');
    const executionArn = await world.start();
    await world.until(() => world.isParked('AwaitOperator'));
    const whileParked = world.inGroup();
    await world.say('resume', world.deploymentIds().at(-1) ?? '');

    const story = await world.ended(executionArn);

    expect(whileParked).toEqual(['b healthy', 'c healthy']);
    expect(story.end).toBe('Succeeded');
    expect(story.path.slice(afterStage, afterStage + 13)).toEqual([
      ...['NextWave', ...drained(), 'NextWave', ...wave(1), 'NextWave', 'AwaitOperator', 'NextWave'],
      ...[...map('VerifyWave', 1, 'VerifyHost'), 'NextWave', 'Join'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
  });
});

describeMachine('a new host behind a load balancer', () => {
  test('gets the stable release first, and its requests only then', async () => {
    const world = await givenBalanced({ hosts: 'ab', later: 'd' });
    await world.givenStable(1);
    const switches = watchSwitches(world);

    world.appear('d');
    await world.rest();

    expect(switches).toEqual(['a healthy, b healthy']);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy', 'd healthy']);
    expect(world.target.running()).toEqual(['a v1', 'b v1', 'd v1']);
  });

  test('that fails its gate gets none', async () => {
    const world = await givenBalanced({ hosts: 'ab', later: 'd' });
    await world.givenStable(1);
    world.target.fleet.givenFault(world.idOf('d'), 'verify', 'http-failed', 1);

    world.appear('d');
    await world.rest();

    expect((await world.lastStory()).outcome?.hosts).toMatchObject([{ name: 'd', status: 'reverted' }]);
    expect(world.inGroup()).toEqual(['a healthy', 'b healthy']);
  });
});

describeMachine('an execution that dies around the load balancer is repaired', () => {
  test.each(['DrainHost', 'Activate', 'HealthGate', 'JoinHost'])(
    'in %s: the host is in its group again',
    async (state) => {
      const world = await givenBalanced();
      await world.givenStable(1);
      await world.givenUpload(2);
      world.whenEntered(state, (executionArn) => void world.executions.stop(executionArn, 'Stopped', 'in the console'));

      await world.start();
      await world.rest();
      await world.pass(300);
      await world.sweep();
      await world.rest();

      expect(world.inGroup()).toEqual(wellAll);
      expect(world.target.running()).toEqual(['a v1', 'b v1', 'c v1']);
      expect((await world.lastStory()).outcome?.status).toMatch(/^(FailedClean|RolledBack)$/);
    },
  );

  test('the last host that only had to join joins, and the release stays', async () => {
    const world = await givenBalanced({ hosts: 'a' });
    await world.givenStable(1);
    await world.givenUpload(2);
    world.whenEntered(
      'JoinHost',
      (executionArn) => void world.executions.stop(executionArn, 'Stopped', 'in the console'),
    );

    await world.start();
    await world.rest();

    expect(world.inGroup()).toEqual(['a healthy']);
    expect(world.target.running()).toEqual(['a v2']);
    expect((await world.lastStory()).outcome?.status).toBe('Succeeded');
  });
});

describeMachine('every Catch around the load balancer', () => {
  test('DrainHost: asked once more, then the rollout goes on', async () => {
    const world = await givenBalanced();
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/ });

    const story = await world.deploy();

    expect(story.path.slice(afterStage, afterStage + 8)).toEqual([
      ...['NextWave', 'Drain', 'Drain 0: DrainHost DrainUnknown', 'NextWave', ...drained(), 'NextWave', 'Wave'],
    ]);
    expect(story.end).toBe('Succeeded');
  });

  test('DrainHost twice: the host is left as it is and counts as failed', async () => {
    const world = await givenBalanced();
    await world.givenStable(1);
    await world.givenUpload(2);
    for (let time = 0; time < 2; time += 1) {
      world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/, after: true });
      world.faults.given('ledger.create', { kind: 'fail', error: new TypeError('no') }, { matches: /drain-\d\.json/ });
    }

    const story = await world.deploy();

    expect(story.path.slice(afterStage)).toEqual([
      ...[
        'NextWave',
        'Drain',
        'Drain 0: DrainHost DrainUnknown',
        'NextWave',
        'Drain',
        'Drain 0: DrainHost DrainUnknown',
      ],
      ...['NextWave', ...joined(), 'NextWave', 'Finish', 'FailedClean'],
    ]);
    expect(world.inGroup()).toEqual(wellAll);
    world.clearFaults();
  });

  test('JoinHost: asked once more, and a release that is well is never reverted for it', async () => {
    const world = await givenBalanced();
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"join"/ });

    const story = await world.deploy();

    expect(story.path.slice(afterStage, afterStage + 10)).toEqual([
      ...[
        'NextWave',
        ...drained(),
        'NextWave',
        ...wave(1),
        'NextWave',
        'Join',
        'Join 0: JoinHost JoinUnknown',
        'NextWave',
      ],
    ]);
    expect(story.end).toBe('Succeeded');
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('Drain: the rollout turns back, and nobody is left outside', async () => {
    const world = await givenBalanced({ definition: withoutCatch('DrainHost') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"drain"/ });

    const story = await world.deploy();

    expect(story.end).toBe('FailedClean');
    expect(world.inGroup()).toEqual(wellAll);
  });

  test('Join: nobody is left outside', async () => {
    const world = await givenBalanced({ definition: withoutCatch('JoinHost') });
    await world.givenUpload(1);
    world.givenFunctionFault('RunBalancerStep', bug, { matches: /"join"/ });

    const story = await world.deploy();

    expect(story.end).toBe('RolledBack');
    expect(world.inGroup()).toEqual(wellAll);
  });
});
