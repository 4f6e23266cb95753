import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockLostError } from '../../../core/model/errors.ts';
import { emptyTargetState, type Lock, type TargetState } from '../../../core/model/target-state.ts';
import { changeState, type LockClaim, readState, requireLock } from '../../../ledger/lock/target-state.ts';
import {
  createLedgerBench,
  type LedgerBench,
  type LedgerPorts,
  settleTogether,
  withScheduledAnswers,
} from '../ledger-bench.ts';

const key = 'rollgate/payment/state.json';

let bench: LedgerBench;

beforeEach(() => {
  bench = createLedgerBench();
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

function lockOf(name: string, fence = 1): Lock {
  return {
    deploymentId: `d-${name}`,
    executionArn: `arn:${name}`,
    fence,
    acquiredAt: 'then',
    by: 'anna',
    purpose: 'rollout',
    repairs: 0,
    isRollback: false,
  };
}

/** Takes the lock where it is free. */
const acquire = (name: string, ports: LedgerPorts): Promise<TargetState> =>
  changeState(ports, (state) =>
    state.lock === null ? { ...state, fence: state.fence + 1, lock: lockOf(name, state.fence + 1) } : state,
  );

describe('the state of the target', () => {
  test('is empty before Rollgate has ever touched it', async () => {
    expect(await readState(bench.ports)).toEqual(emptyTargetState('payment'));
    expect(bench.bucket.keys()).toEqual([]);
  });

  test('is what was written last', async () => {
    await acquire('one', bench.others);
    const written = await changeState(bench.ports, (state) => ({ ...state, fence: 7 }));

    expect(written).toEqual({
      ...emptyTargetState('payment'),
      writeId: expect.stringMatching(/./),
      fence: 7,
      lock: lockOf('one'),
    });
    expect(await readState(bench.ports)).toEqual(written);
    expect(bench.bucket.keys()).toEqual([key]);
  });

  test('is its own for each service', async () => {
    const cart: LedgerPorts = { ...bench.ports, stage: { ...bench.ports.stage, service: 'cart' } };
    await acquire('one', bench.ports);

    const state = await acquire('two', cart);

    expect(state).toMatchObject({ service: 'cart', lock: lockOf('two') });
    expect(await readState(cart)).toEqual(state);
    expect((await readState(bench.ports)).lock).toEqual(lockOf('one'));
  });

  test('is an error, not empty, where what stands there is no JSON', async () => {
    await bench.bucket.put(key, 'null and void');

    await expect(readState(bench.ports)).rejects.toThrow(SyntaxError);
    await expect(acquire('one', bench.ports)).rejects.toThrow(SyntaxError);
    expect((await bench.bucket.read(key))?.body).toBe('null and void');
  });
});

describe('the lock', () => {
  test('goes to one of many that take it at once, and all are told to which', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 8 }), fc.scheduler(), async (count, scheduler) => {
        bench = createLedgerBench();
        const ports = withScheduledAnswers(bench.ports, scheduler);

        const answers = await settleTogether(
          scheduler,
          Array.from({ length: count }, (_, number) => acquire(String(number), ports)),
        );

        const { lock, fence } = await readState(bench.others);
        expect(fence).toBe(1);
        expect(answers.map((state) => state.lock)).toEqual(answers.map(() => lock));
      }),
      { numRuns: 30 },
    );
  });

  test('is ours where the conflict was with our own write', async () => {
    bench.faults.given('ledger.create', { kind: 'repeat' });

    const state = await acquire('one', bench.ports);

    expect(state.lock).toEqual(lockOf('one'));
    expect(await readState(bench.others)).toEqual(state);
  });

  test("is another's where that one was faster", async () => {
    bench.faults.given('ledger.create', { kind: 'intrude', intruder: () => acquire('two', bench.others) });

    const state = await acquire('one', bench.ports);

    expect(state.lock).toEqual(lockOf('two'));
    expect(await readState(bench.others)).toEqual(state);
  });

  test('is freed for its own fence and not for the next, where a repair has taken it over meanwhile', async () => {
    await acquire('one', bench.others);
    const repair: Lock = { ...lockOf('one', 2), executionArn: 'arn:repair', purpose: 'repair', repairs: 1 };
    const takeOver = () => changeState(bench.others, (state) => ({ ...state, fence: 2, lock: repair }));
    bench.faults.given('ledger.replace', { kind: 'intrude', intruder: takeOver });

    const released = changeState(bench.ports, (state) => {
      requireLock(state, { deploymentId: 'd-one', fence: 1 });
      return { ...state, lock: null };
    });

    await expect(released).rejects.toThrow(LockLostError);
    expect((await readState(bench.others)).lock).toEqual(repair);
  });
});

describe('a claim to the lock', () => {
  const held: TargetState = { ...emptyTargetState('payment'), fence: 7, lock: lockOf('one', 7) };

  test.each<[string, LockClaim]>([
    ['its execution', { deploymentId: 'd-one', executionArn: 'arn:one' }],
    ['its fence', { deploymentId: 'd-one', fence: 7 }],
  ])('holds by %s', (_by, claim) => {
    expect(requireLock(held, claim)).toEqual(lockOf('one', 7));
  });

  test.each<[string, TargetState, LockClaim, string]>([
    ['a lower fence', held, { deploymentId: 'd-one', fence: 6 }, 'd-one holds it'],
    ['a higher fence', held, { deploymentId: 'd-one', fence: 8 }, 'd-one holds it'],
    ['another execution', held, { deploymentId: 'd-one', executionArn: 'arn:two' }, 'd-one holds it'],
    ["the fence of another's lock", held, { deploymentId: 'd-two', fence: 7 }, 'd-one holds it'],
    ["the execution of another's lock", held, { deploymentId: 'd-two', executionArn: 'arn:one' }, 'd-one holds it'],
    ['a free lock', emptyTargetState('payment'), { deploymentId: 'd-one', fence: 0 }, 'nobody holds it'],
    [
      'a free lock, by its execution',
      emptyTargetState('payment'),
      { deploymentId: 'd-one', executionArn: 'arn:one' },
      'nobody holds it',
    ],
  ])('is lost with %s', (_what, state, claim, holder) => {
    expect(() => requireLock(state, claim)).toThrow(
      new LockLostError(
        `${claim.deploymentId} no longer holds the lock (${holder}); this execution stops and changes nothing. ` +
          'To run it again start a new execution with the same input.',
      ),
    );
  });
});
