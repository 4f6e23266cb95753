import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Convergence } from '../../core/model/convergence.ts';
import { keys } from '../../ledger/keys.ts';
import type { SimulatedFault } from '../../local/simulated-hosts/simulated-faults.ts';
import { createWorld } from '../fakes/world.ts';

const faultsOfHosts: readonly SimulatedFault[] = [
  ...(['offline', 'offline-after', 'lost-command', 'lost-result', 'timed-out', 'no-report'] as const),
  ...(['start-failed', 'stop-failed', 'http-failed', 'pip-failed', 'late-refused', 'permission-denied'] as const),
];

const anyHostFault = fc.record({
  host: fc.constantFrom('d', 'e'),
  action: fc.constantFrom('install', 'activate', 'verify', 'revert', 'verifyRevert'),
  fault: fc.constantFrom(...faultsOfHosts),
} as const);

const anyPortFault = fc.record({
  call: fc.constantFrom(
    ...(['ledger.read', 'ledger.create', 'ledger.replace', 'inventory.hosts', 'executions.start'] as const),
    'executions.describe',
  ),
  kind: fc.constantFrom('throttle', 'lose-response', 'repeat'),
} as const);

const anyRun = fc.record({
  /** A release is on its way when the hosts appear. */
  inFlight: fc.constantFrom(null, 'well', 'app-load-failed'),
  /** Seconds between the two hosts. */
  apart: fc.constantFrom(0, 1, 30, 400),
  hostFaults: fc.array(anyHostFault, { maxLength: 4 }),
  portFaults: fc.array(anyPortFault, { maxLength: 3 }),
  areEventsLost: fc.boolean(),
  areOnlineLate: fc.boolean(),
  kill: fc.option(fc.integer({ min: 1, max: 500 }), { freq: 2 }),
} as const);

test('whatever goes wrong: a new host runs what is stable, or the ledger says why not; it never gets what failed', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const world = await createWorld({ hosts: 'ab', later: 'de' });
      await world.givenStable(1);
      if (run.inFlight !== null) {
        await world.givenUpload(2, run.inFlight);
        await world.start();
        await world.until(() => world.sent().includes('activate a'));
      }
      for (const { host, action, fault } of run.hostFaults)
        world.target.fleet.givenFault(world.idOf(host), action, fault);
      for (const { call, kind } of run.portFaults) world.faults.given(call, { kind });
      if (run.kill !== null) world.whenCalled(run.kill, () => world.kill());
      world.givenEventsLost('OnInstanceRunning', run.areEventsLost);
      for (const name of 'de') world.target.givenUnregistered(name, run.areOnlineLate);

      world.appear('d');
      await world.pass(run.apart);
      world.appear('e');
      await world.pass(90);
      for (const name of 'de') world.target.givenUnregistered(name, false);
      for (let sweeps = 0; sweeps < 6; sweeps += 1) {
        await world.rest();
        await world.pass(300);
        await world.sweep();
      }
      world.clearFaults();
      world.givenEventsLost('OnInstanceRunning', false);
      for (const name of 'de') {
        const host = world.target.fleet.host(world.idOf(name));
        if (!host.isRunning()) host.powerOn();
      }
      for (let sweeps = 0; sweeps < 4; sweeps += 1) {
        await world.rest();
        await world.pass(300);
        await world.sweep();
      }
      await world.rest();

      const state = await world.state();
      const { waiting, givenUp, underWay, breaker } = world.bucket.json(keys.convergence('payment')) as Convergence;
      expect(state).toMatchObject({ lock: null, queue: [] });
      expect(underWay).toBeNull();
      // A new host of whose gate nobody hears is put back, however many are down.
      expect(world.target.violations().filter((line) => /^[ab]/.test(line))).toEqual([]);
      const stable = state.stableHistory.map((entry) => `v${entry.release}`);
      const running = world.target.running();
      for (const name of 'de') {
        const id = world.idOf(name);
        const isExcused = id in givenUp || (breaker !== null && id in waiting);
        if (!isExcused) expect(running).toContain(`${name} ${stable.at(-1)}`);
        if (breaker === null) expect(waiting).not.toHaveProperty(id);
        const installed = Object.keys(world.target.fleet.host(id).state().releases).map((each) => each.split('-')[0]);
        expect(stable).toEqual(expect.arrayContaining(installed));
      }
      await world.close();
    }),
    { numRuns: 6 },
  );
});
