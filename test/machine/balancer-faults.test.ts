import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimulatedFault } from '../../local/simulated-hosts/simulated-faults.ts';
import { createWorld } from '../fakes/world.ts';

const loadBalancer = { targetGroup: 'payment-{stage}', drainSeconds: 30, healthySeconds: 60 };

const faultsOfHosts: readonly SimulatedFault[] = [
  ...(['lost-command', 'lost-result', 'timed-out', 'no-report', 'start-failed', 'http-failed'] as const),
  ...(['late-refused', 'upstream-unreachable'] as const),
];

const anyPortFault = fc.record({
  call: fc.constantFrom(
    ...(['ledger.read', 'ledger.create', 'ledger.put', 'executions.taskSucceeded'] as const),
    ...(['balancer.targets', 'balancer.register', 'balancer.deregister', 'balancer.targetGroup'] as const),
  ),
  kind: fc.constantFrom('throttle', 'lose-response', 'repeat'),
} as const);

const anyRun = fc.record({
  hosts: fc.constantFrom('a', 'ab', 'abc', 'abcd'),
  maxUnavailable: fc.integer({ min: 1, max: 2 }),
  maxFailedHosts: fc.integer({ min: 0, max: 1 }),
  behaviour: fc.constantFrom('well', 'well', 'app-load-failed'),
  hostFaults: fc.array(
    fc.record({
      host: fc.constantFrom(...'abcd'),
      action: fc.constantFrom('install', 'activate', 'verify', 'revert', 'verifyRevert'),
      fault: fc.constantFrom(...faultsOfHosts),
    } as const),
    { maxLength: 2 },
  ),
  portFaults: fc.array(anyPortFault, { maxLength: 4 }),
  /** A client that never hangs up. */
  open: fc.option(fc.constantFrom(...'abcd')),
  /** The load balancer does not reach this host from the moment at which some host first joins. */
  unreached: fc.option(fc.constantFrom(...'abcd'), { freq: 2 }),
  say: fc.option(
    fc.record({
      verb: fc.constantFrom('halt', 'pause'),
      isKept: fc.boolean(),
      after: fc.integer({ min: 1, max: 200 }),
      /** A halt follows so many seconds later. */
      between: fc.constantFrom(1, 8, 20, 600),
    }),
  ),
  kill: fc.option(fc.integer({ min: 1, max: 700 }), { freq: 1 }),
} as const);

test('whatever goes wrong: a host that is well gets its requests, and one that gets none is named', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const { hosts, maxUnavailable, maxFailedHosts, behaviour } = run;
      const world = await createWorld({ hosts, loadBalancer, rollout: { maxUnavailable, maxFailedHosts } });
      await world.givenStable(1);
      await world.givenUpload(2, behaviour);
      let isOver = false;
      for (const { host, action, fault } of run.hostFaults)
        world.target.fleet.givenFault(world.idOf(host), action, fault);
      for (const { call, kind } of run.portFaults) world.faults.given(call, { kind });
      if (run.open !== null) world.group.opened({ instanceId: world.idOf(run.open), port: 8080 });
      const { unreached } = run;
      if (unreached !== null)
        world.whenEntered('Join', () => {
          if (!isOver)
            world.givenProbe(unreached, { isOk: false, reason: 'Target.Timeout', description: 'Request timed out' });
        });
      if (run.kill !== null) world.whenCalled(run.kill, () => world.kill());

      const executionArn = await world.start();
      if (run.say !== null) {
        const { verb, isKept, after, between } = run.say;
        await world.pass(after);
        const { deploymentId, status } = await world.story(executionArn);
        if (status === 'RUNNING') await world.say(verb, deploymentId, { isKept });
        await world.pass(between);
        await world.say('halt', deploymentId, { isKept });
      }
      await world.pass(3600);
      const { deploymentId } = await world.story(executionArn);
      await world.say('halt', deploymentId, {});
      await world.rest();
      for (let sweeps = 0; sweeps < 3; sweeps += 1) {
        await world.pass(300);
        await world.sweep();
        await world.rest();
      }

      const { outcome } = await world.story(executionArn);
      const inGroup = world.group.targets().filter(({ state }) => state !== 'draining');
      const outside = [...hosts].filter((name) => inGroup.every(({ instanceId }) => instanceId !== world.idOf(name)));
      const named = (outcome?.hosts ?? []).filter((host) => host.isOutside === true);
      expect(await world.state()).toMatchObject({ lock: null, queue: [] });
      expect(world.target.violations()).toEqual([]);
      expect(named.map(({ name }) => name)).toEqual(outside);
      expect(named.filter(({ status }) => status !== 'dirty' && status !== 'kept')).toEqual([]);

      isOver = true;
      world.clearFaults();
      for (const name of hosts) world.givenProbe(name, null);
      const back = await world.deploy({ release: 'v1', reason: 'put right what was left' });
      expect(back.end).toBe('Succeeded');
      expect(world.inGroup()).toEqual([...hosts].map((name) => `${name} healthy`));
      await world.close();
    }),
    { numRuns: 40 },
  );
});
