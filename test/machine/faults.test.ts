import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostActions } from '../../core/model/statuses.ts';
import type { SendFault } from '../../local/run-command/command-faults.ts';
import type { SimulatedFault } from '../../local/simulated-hosts/simulated-faults.ts';
import { createWorld, type World } from '../fakes/world.ts';

const faultsOfHosts: readonly SimulatedFault[] = [
  ...(['offline', 'offline-after', 'lost-command', 'lost-result', 'timed-out', 'no-report'] as const),
  ...(['start-failed', 'stop-failed', 'http-failed', 'pip-failed', 'late-refused', 'permission-denied'] as const),
  ...(['upstream-unreachable', 'amqp-auth-failed'] as const),
];

const anyHostFault = fc.record({
  host: fc.constantFrom(...'abcde'),
  action: fc.constantFrom(...hostActions),
  fault: fc.constantFrom(...faultsOfHosts),
});

const anySendFault = fc.record({
  kind: fc.constantFrom('throttle', 'lose-response', 'lose-command', 'run-twice', 'start-after', 'invisible'),
  host: fc.constantFrom(...'abcde'),
  document: fc.constantFrom('install', 'activate', 'verify', 'settle'),
} as const);

const anyPortFault = fc.record({
  call: fc.constantFrom(
    'ledger.read',
    'ledger.create',
    'ledger.replace',
    'ledger.put',
    'ledger.list',
    'commands.invocation',
    'commands.find',
    'executions.taskSucceeded',
    'executions.start',
  ),
  kind: fc.constantFrom('throttle', 'lose-response', 'repeat'),
} as const);

const anyRun = fc.record({
  hosts: fc.constantFrom('a', 'ab', 'abc', 'abcde'),
  maxUnavailable: fc.integer({ min: 1, max: 3 }),
  maxFailedHosts: fc.integer({ min: 0, max: 2 }),
  bakeSeconds: fc.constantFrom(0, 0, 30),
  behaviour: fc.constantFrom('well', 'well', 'app-load-failed', 'unhealthy'),
  hostFaults: fc.array(anyHostFault, { maxLength: 3 }),
  sendFaults: fc.array(anySendFault, { maxLength: 2 }),
  portFaults: fc.array(anyPortFault, { maxLength: 3 }),
  areEventsLost: fc.boolean(),
  halt: fc.option(fc.integer({ min: 1, max: 80 })),
  /** The engine is killed at this call of a port. */
  kill: fc.option(fc.integer({ min: 1, max: 700 }), { freq: 1 }),
} as const);

/** What the record says of each host is what the host runs. */
function expectTruth(world: World, hosts: NonNullable<Awaited<ReturnType<World['story']>>['outcome']>['hosts']): void {
  const wordOf = { passed: 'v2', reverted: 'v1', untouched: 'v1' } as const;
  const claims = hosts.flatMap(({ name, status }) => {
    if (status === 'dirty' || status === 'kept' || status === 'skipped') return [];
    return [`${name} ${wordOf[status]}`];
  });
  const seen = world.target.running().filter((line) => claims.some((claim) => claim.charAt(0) === line.charAt(0)));
  // A host that nobody needed any more may have been switched off since; it still has what the record says.
  expect(seen.map((line) => line.replace(/ inactive| off/g, ''))).toEqual(claims);
  const served = world.target.running().filter((line) => !line.includes('off') && line.includes('inactive'));
  const dirty = new Set(hosts.filter((host) => host.status === 'dirty').map((host) => host.name));
  expect(served.filter((line) => !dirty.has(line.charAt(0)))).toEqual([]);
}

test('whatever goes wrong: the lock is free, the record is true, and never too many are down', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const { hosts, maxUnavailable, maxFailedHosts, bakeSeconds, behaviour } = run;
      const rollout = { maxUnavailable, maxFailedHosts, bakeSeconds };
      const world = await createWorld({ hosts, rollout });
      await world.givenStable(1);
      await world.givenUpload(2, behaviour);
      const late = Promise.withResolvers<void>();
      let isOver = false;
      for (const { host, action, fault } of run.hostFaults)
        world.target.fleet.givenFault(world.idOf(host), action, fault);
      for (const { kind, host, document } of run.sendFaults) {
        const fault: SendFault =
          kind === 'start-after'
            ? { kind, released: late.promise }
            : kind === 'invisible'
              ? { kind, looks: 2 }
              : { kind };
        world.commandFaults.givenSend(
          fault,
          (request) =>
            !isOver && request.instanceId === world.idOf(host) && request.documentName.endsWith(`-${document}`),
        );
      }
      for (const { call, kind } of run.portFaults) world.faults.given(call, { kind });
      if (run.areEventsLost) world.givenEventsLost('OnCommandStatus');

      if (run.kill !== null) world.whenCalled(run.kill, () => world.kill());

      const executionArn = await world.start();
      if (run.halt !== null) {
        await world.pass(run.halt);
        const { deploymentId, status } = await world.story(executionArn);
        if (status === 'RUNNING') await world.say('halt', deploymentId);
      }
      await world.rest();
      for (let sweeps = 0; sweeps < 3; sweeps += 1) {
        await world.pass(300);
        await world.sweep();
        await world.rest();
      }

      const { outcome } = await world.story(executionArn);
      expect(await world.state()).toMatchObject({ lock: null, queue: [] });
      expect(world.target.violations()).toEqual([]);
      // Killed before it was admitted, nobody knows of it, and nothing was touched.
      if (outcome === undefined) expect(world.sent()).toEqual([]);
      expectTruth(world, outcome?.hosts ?? []);
      const before = world.target.running();
      isOver = true;
      world.clearFaults();
      late.resolve();
      await world.pass(60);
      const dirty = new Set(outcome?.hosts.filter((host) => host.status === 'dirty').map((host) => host.name));
      const others = (lines: readonly string[]) => lines.filter((line) => !dirty.has(line.charAt(0)));
      expect(others(world.target.running())).toEqual(others(before));

      for (const name of hosts) world.target.fleet.host(world.idOf(name)).powerOn();
      const back = await world.deploy({ release: 'v1', reason: 'put right what was left' });
      expect(back.end).toBe('Succeeded');
      expect(world.target.running()).toEqual([...hosts].map((name) => `${name} v1`));
      await world.close();
    }),
    { numRuns: 50 },
  );
});
