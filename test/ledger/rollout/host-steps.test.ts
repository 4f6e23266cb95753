import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TransientAwsError } from '../../../core/model/errors.ts';
import { balancerActions, hostActions } from '../../../core/model/statuses.ts';
import { createJson } from '../../../ledger/json-objects.ts';
import { readSteps, writeIntent, writeOutcome, writeSent } from '../../../ledger/rollout/host-steps.ts';
import { deploymentId, keepStep, present, stepOf } from '../given-steps.ts';
import { createLedgerBench, type LedgerBench, type LedgerPorts } from '../ledger-bench.ts';

const step = stepOf('i-a', 'verify');
const { intent } = step;
const outcome = present(step.outcome);
const commandId = present(step.commandId);

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('a step of a host', () => {
  test('is open once its intent is written, and nobody knows of a command yet', async () => {
    await writeIntent(ports, deploymentId, intent);

    expect(await readSteps(ports, deploymentId)).toEqual([{ intent, commandId: null, outcome: null }]);
  });

  test('has its command once that was sent', async () => {
    await writeIntent(ports, deploymentId, intent);
    await writeSent(ports, deploymentId, intent, commandId);

    expect(await readSteps(ports, deploymentId)).toEqual([{ intent, commandId, outcome: null }]);
  });

  test('has its outcome once that is known, also where the note of its command was lost', async () => {
    await writeIntent(ports, deploymentId, intent);
    await writeOutcome(ports, deploymentId, intent, outcome);

    expect(await readSteps(ports, deploymentId)).toEqual([step]);
  });

  test('is three objects, named by host, action and attempt', async () => {
    await keepStep(ports, deploymentId, stepOf('i-a', 'verify', 12));

    const prefix = `rollgate/payment/deployments/${deploymentId}/hosts/i-a/verify-12`;
    expect(bench.bucket.keys()).toEqual([`${prefix}.intent.json`, `${prefix}.json`, `${prefix}.sent.json`]);
    expect(await readSteps(ports, deploymentId)).toEqual([stepOf('i-a', 'verify', 12)]);
  });

  test('is none without its intent: nothing is sent before that is written', async () => {
    await writeSent(ports, deploymentId, intent, commandId);

    expect(await readSteps(ports, deploymentId)).toEqual([]);
  });

  test('takes one read once it has ended, and a read of each object while it is open', async () => {
    await writeIntent(ports, deploymentId, intent);
    await writeSent(ports, deploymentId, intent, commandId);
    const ofOpen = await readsOf(() => readSteps(ports, deploymentId));
    await writeOutcome(ports, deploymentId, intent, outcome);
    const ofEnded = await readsOf(() => readSteps(ports, deploymentId));

    expect({ ofOpen, ofEnded }).toEqual({ ofOpen: 2, ofEnded: 1 });
  });

  test('that the version before wrote, with an outcome that holds no intent, is the same step', async () => {
    await writeIntent(ports, deploymentId, intent);
    await writeSent(ports, deploymentId, intent, commandId);
    await createJson(ports.ledger, `rollgate/payment/deployments/${deploymentId}/hosts/i-a/verify-1.json`, outcome);

    expect(await readSteps(ports, deploymentId)).toEqual([step]);
  });
});

describe('each object of a step', () => {
  const objects = [
    {
      what: 'the intent',
      value: intent,
      write: () => writeIntent(ports, deploymentId, intent),
      writeOther: () => writeIntent(ports, deploymentId, { ...intent, round: 9, key: 'another' }),
    },
    {
      what: 'the command',
      value: commandId,
      write: () => writeSent(ports, deploymentId, intent, commandId),
      writeOther: () => writeSent(ports, deploymentId, intent, 'another'),
    },
    {
      what: 'the outcome',
      value: outcome,
      write: () => writeOutcome(ports, deploymentId, intent, outcome),
      writeOther: () => writeOutcome(ports, deploymentId, intent, { ...outcome, status: 'unknown' }),
    },
  ];

  test.each(objects)('is what was written first, and a later writer goes on with that: $what', async (object) => {
    const written = await object.write();
    const before = bench.bucket.dump();

    const later = await object.writeOther();

    expect([written, later]).toEqual([object.value, object.value]);
    expect(bench.bucket.dump()).toBe(before);
  });

  test.each(objects)('is found by the retry after its answer was lost: $what', async (object) => {
    bench.faults.given('ledger.create', { kind: 'lose-response' });

    await expect(object.write()).rejects.toThrow(TransientAwsError);

    expect(await object.writeOther()).toEqual(object.value);
  });

  test.each(objects)('is not there after a write that was throttled: $what', async (object) => {
    bench.faults.given('ledger.create', { kind: 'throttle' });

    await expect(object.write()).rejects.toThrow(TransientAwsError);

    expect(bench.bucket.keys()).toEqual([]);
  });
});

describe('the steps of a deployment', () => {
  test('are those of every host, action and attempt, each with its own parts', async () => {
    const steps = [
      stepOf('i-a', 'install'),
      stepOf('i-a', 'verify', 1),
      stepOf('i-a', 'verify', 2),
      stepOf('i-a', 'verify', 11),
      stepOf('i-a', 'verifyRevert'),
      stepOf('i-ab', 'drain'),
      stepOf('i-b', 'verify'),
    ];
    for (const each of steps) await keepStep(ports, deploymentId, each);

    expect(byName(await readSteps(ports, deploymentId))).toEqual(byName(steps));
  });

  test('are of one host where one is named, and of no other whose id begins like it', async () => {
    await keepStep(ports, deploymentId, stepOf('i-a', 'install'));
    await keepStep(ports, deploymentId, stepOf('i-ab', 'install'));

    expect(await readSteps(ports, deploymentId, 'i-a')).toEqual([stepOf('i-a', 'install')]);
    expect(await readSteps(ports, deploymentId, 'i-c')).toEqual([]);
  });

  test('are of no other deployment, nor of another service', async () => {
    await keepStep(ports, 'd-1', stepOf('i-a', 'install'));
    await keepStep(ports, 'd-10', stepOf('i-b', 'install'));
    await keepStep({ ...ports, stage: { ...ports.stage, service: 'pay' } }, 'd-1', stepOf('i-c', 'install'));

    expect(await readSteps(ports, 'd-1')).toEqual([stepOf('i-a', 'install')]);
  });

  test('are the same steps in the same order, whatever the order in which their objects were written', async () => {
    const anyStep = fc
      .tuple(
        fc.constantFrom('i-a', 'i-ab', 'i-b'),
        fc.constantFrom(...hostActions, ...balancerActions),
        fc.integer({ min: 1, max: 12 }),
      )
      .map(([instanceId, action, attempt]) => stepOf(instanceId, action, attempt));
    const anySteps = fc.uniqueArray(anyStep, { maxLength: 5, selector: nameOf });
    const anyOrder = fc.array(fc.nat(), { minLength: 15, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(anySteps, anyOrder, async (steps, order) => {
        const inTurn = createLedgerBench().ports;
        for (const each of byName(steps)) await keepStep(inTurn, deploymentId, each);
        const shuffled = createLedgerBench().ports;
        const writes = steps.flatMap((each) => [
          () => writeIntent(shuffled, deploymentId, each.intent),
          () => writeSent(shuffled, deploymentId, each.intent, present(each.commandId)),
          () => writeOutcome(shuffled, deploymentId, each.intent, present(each.outcome)),
        ]);
        const places = writes.map((write, index) => ({ write, place: order[index] ?? 0 }));
        for (const { write } of places.toSorted((a, b) => a.place - b.place)) await write();

        const read = await readSteps(shuffled, deploymentId);

        expect(byName(read)).toEqual(byName(steps));
        expect(read).toEqual(await readSteps(inTurn, deploymentId));
      }),
      { numRuns: 40 },
    );
  });
});

/** How many objects the work reads. */
async function readsOf(work: () => Promise<unknown>): Promise<number> {
  const read = vi.spyOn(ports.ledger, 'read');
  await work();
  const reads = read.mock.calls.length;
  read.mockRestore();
  return reads;
}

type NamedStep = Awaited<ReturnType<typeof readSteps>>[number];

function nameOf({ intent: { instanceId, action, attempt } }: NamedStep): string {
  return `${instanceId}/${action}/${attempt}`;
}

function byName(steps: readonly NamedStep[]): readonly NamedStep[] {
  return steps.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}
