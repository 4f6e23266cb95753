import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventFault, SendFault } from '../../local/run-command/command-faults.ts';
import { createWorld } from '../fakes/world.ts';

const anySendFault = fc.record({
  kind: fc.constantFrom('throttle', 'lose-response', 'lose-command', 'run-twice', 'start-after', 'invisible', 'lost'),
  host: fc.constantFrom(...'abc'),
  document: fc.constantFrom('install', 'activate', 'verify'),
} as const);

const anyEventFault = fc.constantFrom<EventFault>(
  { kind: 'drop' },
  { kind: 'duplicate' },
  { kind: 'delay', seconds: 45 },
);

const anyPortFault = fc.record({
  call: fc.constantFrom(
    ...(['ledger.read', 'ledger.create', 'ledger.replace', 'ledger.put', 'ledger.list'] as const),
    ...(['commands.invocation', 'commands.find', 'commands.send', 'executions.taskSucceeded'] as const),
  ),
  kind: fc.constantFrom('throttle', 'lose-response', 'repeat'),
} as const);

const anyRun = fc.record({
  hosts: fc.constantFrom('a', 'ab', 'abc'),
  maxUnavailable: fc.integer({ min: 1, max: 3 }),
  bakeSeconds: fc.constantFrom(0, 30),
  sendFaults: fc.array(anySendFault, { maxLength: 4 }),
  eventFaults: fc.array(anyEventFault, { maxLength: 4 }),
  portFaults: fc.array(anyPortFault, { maxLength: 4 }),
  areEventsLost: fc.boolean(),
});

/** `lost`: the agent does the work and its result never comes. */
function faultOf(
  kind: 'throttle' | 'lose-response' | 'lose-command' | 'run-twice' | 'start-after' | 'invisible' | 'lost',
  late: Promise<unknown>,
): SendFault {
  switch (kind) {
    case 'start-after':
      return { kind, released: late };
    case 'invisible':
      return { kind, looks: 2 };
    case 'lost':
      return { kind: 'lose-result', runs: true };
    default:
      return { kind };
  }
}

test('whatever the platform loses, throttles, delays or does twice: a good release is never put back', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const { hosts, maxUnavailable, bakeSeconds } = run;
      const world = await createWorld({ hosts, rollout: { maxUnavailable, bakeSeconds } });
      await world.givenStable(1);
      await world.givenUpload(2);
      const late = Promise.withResolvers<void>();
      for (const { kind, host, document } of run.sendFaults) {
        world.commandFaults.givenSend(
          faultOf(kind, late.promise),
          (request) => request.instanceId === world.idOf(host) && request.documentName.endsWith(`-${document}`),
        );
      }
      for (const fault of run.eventFaults) world.commandFaults.givenEvent(fault);
      for (const { call, kind } of run.portFaults) world.faults.given(call, { kind });
      if (run.areEventsLost) world.givenEventsLost('OnCommandStatus');

      const story = await world.deploy();
      world.clearFaults();
      late.resolve();
      await world.pass(60);

      expect(world.sent().filter((command) => command.startsWith('revert'))).toEqual([]);
      expect(world.target.violations()).toEqual([]);
      // What kept the release from being staged has ended the deployment before anything was touched.
      expect(['Succeeded', 'FailedClean']).toContain(story.end);
      const release = story.end === 'Succeeded' ? 'v2' : 'v1';
      expect(world.target.running()).toEqual([...hosts].map((name) => `${name} ${release}`));
      await world.close();
    }),
    { numRuns: 25 },
  );
});
