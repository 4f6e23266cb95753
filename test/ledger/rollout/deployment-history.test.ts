import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lock, QueueEntry } from '../../../core/model/target-state.ts';
import { changeState } from '../../../ledger/lock/target-state.ts';
import { readDeployment, readHistory } from '../../../ledger/rollout/deployment-history.ts';
import { writeAdmitted, writeDecision, writeOutcomeOnce } from '../../../ledger/rollout/deployments.ts';
import { localStage } from '../../given/stages.ts';
import { admitted, ended, goingOn, keepRecord, outcome } from '../given-records.ts';
import { deploymentId, present } from '../given-steps.ts';
import {
  createLedgerBench,
  type LedgerBench,
  type LedgerPorts,
  settleTogether,
  withScheduledAnswers,
} from '../ledger-bench.ts';

const lock: Lock = {
  deploymentId,
  executionArn: admitted.executionArn,
  fence: 7,
  acquiredAt: 'then',
  by: 'upload',
  purpose: 'rollout',
  repairs: 0,
  isRollback: false,
};

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

const hold = (held: Lock | null): Promise<unknown> => changeState(bench.others, (state) => ({ ...state, lock: held }));

describe('the record of a deployment', () => {
  test('is none where the ledger holds nothing of it', async () => {
    await keepRecord(ports, ended);

    expect(await readDeployment(ports, 'd-20261122-204500-1a2b3')).toBeUndefined();
  });

  test('is all that was written of it, as of now', async () => {
    await keepRecord(ports, ended);
    await writeAdmitted(ports, { ...admitted, deploymentId: `${deploymentId}4` });

    expect(await readDeployment(ports, deploymentId)).toEqual({
      ...ended,
      stage: localStage,
      nowMilliseconds: ports.clock.now(),
      lock: null,
      isQueued: false,
    });
  });

  test('says who holds the lock while it goes on', async () => {
    await keepRecord(ports, goingOn);
    await hold(lock);

    expect(await readDeployment(ports, deploymentId)).toEqual({
      ...goingOn,
      stage: localStage,
      nowMilliseconds: ports.clock.now(),
      lock,
      isQueued: false,
    });
  });

  test('has no plan, and says that it is queued, while it waits for the lock of another', async () => {
    const entry: QueueEntry = {
      deploymentId,
      executionArn: admitted.executionArn,
      trigger: 'upload',
      versionId: 'version-2',
      admittedAt: admitted.admittedAt,
      by: 'upload',
      isRollback: false,
    };
    const other = { ...lock, deploymentId: 'd-another' };
    await writeAdmitted(ports, admitted);
    await changeState(ports, (state) => ({ ...state, lock: other, queue: [entry] }));

    expect(await readDeployment(ports, deploymentId)).toEqual({
      stage: localStage,
      deploymentId,
      admitted,
      plan: null,
      steps: [],
      errors: [],
      decisions: [],
      words: [],
      outcome: null,
      lock: other,
      isQueued: true,
      supersedes: [],
      nowMilliseconds: ports.clock.now(),
    });
  });

  test('has an end alone where it was refused before it was admitted', async () => {
    await writeOutcomeOnce(ports, outcome);

    expect(await readDeployment(ports, deploymentId)).toMatchObject({ admitted: null, plan: null, outcome });
  });
});

describe('a deployment that ends while it is read', () => {
  const record = { ...ended, stage: localStage, lock: null, nowMilliseconds: createLedgerBench().ports.clock.now() };
  const [last, ...before] = ended.decisions.toReversed();

  /** All but its last decision and what follows on that. */
  async function keepAllButItsEnd(by: LedgerPorts): Promise<void> {
    await keepRecord(by, { ...ended, decisions: before.toReversed(), outcome: null });
    await changeState(by, (state) => ({ ...state, lock }));
  }

  async function finish(by: LedgerPorts): Promise<void> {
    await writeDecision(by, deploymentId, present(last ?? null));
    await writeOutcomeOnce(by, outcome);
    await changeState(by, (state) => ({ ...state, lock: null }));
  }

  test.each([
    ['first', 0],
    ['last', 1],
  ])(
    'has all that came before its end, where that is written just before the %s look for it',
    async (_which, looks) => {
      await keepAllButItsEnd(bench.others);
      const isEnd = { matches: /outcome\.json/ };
      bench.faults.given('ledger.read', { kind: 'intrude', intruder: () => undefined }, { ...isEnd, times: looks });
      bench.faults.given('ledger.read', { kind: 'intrude', intruder: () => finish(bench.others) }, isEnd);

      expect(await readDeployment(ports, deploymentId)).toEqual(record);
    },
  );

  test('either still holds the lock or has its end, and with its end all that came before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { others } = createLedgerBench();
        await keepAllButItsEnd(others);
        const together = withScheduledAnswers(others, scheduler);

        const [read] = await settleTogether(scheduler, [readDeployment(together, deploymentId), finish(together)]);

        const isOver = read?.outcome !== null;
        expect(isOver ? { ...read, lock: null } : read?.lock).toEqual(isOver ? record : lock);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the history of a service', () => {
  const ids = ['d-20261122-204500-ffffff', 'd-20261122-204501-000000', 'd-20261123-000000-aaaaaa'];
  const [oldest = '', middle = '', newest = ''] = ids;
  const requestOf = (id: string) => ({ ...admitted, deploymentId: id });
  const endOf = (id: string) => ({ ...outcome, deploymentId: id });

  test('is empty before the first deployment', async () => {
    expect(await readHistory(ports, 10)).toEqual([]);
  });

  test('is request and end of each deployment, the newest first, whatever the order in which they were written', async () => {
    for (const id of [middle, newest, oldest]) await writeAdmitted(ports, requestOf(id));
    for (const id of [middle, oldest]) await writeOutcomeOnce(ports, endOf(id));

    expect(await readHistory(ports, 10)).toEqual([
      { deploymentId: newest, admitted: requestOf(newest), outcome: null },
      { deploymentId: middle, admitted: requestOf(middle), outcome: endOf(middle) },
      { deploymentId: oldest, admitted: requestOf(oldest), outcome: endOf(oldest) },
    ]);
  });

  test('has an end alone of a deployment that was refused before it was admitted', async () => {
    await writeOutcomeOnce(ports, endOf(oldest));

    expect(await readHistory(ports, 10)).toEqual([{ deploymentId: oldest, admitted: null, outcome: endOf(oldest) }]);
  });

  test.each([
    [0, []],
    [1, [newest]],
    [2, [newest, middle]],
    [3, [newest, middle, oldest]],
    [4, [newest, middle, oldest]],
  ] as const)('is as long as is asked for: %i of three', async (limit, expected) => {
    for (const id of ids) await writeAdmitted(ports, requestOf(id));

    const history = await readHistory(ports, limit);

    expect(history.map((each) => each.deploymentId)).toEqual(expected);
  });

  test('reads no deployment that it does not show', async () => {
    for (const id of ids) await keepRecord(bench.others, { ...ended, deploymentId: id, admitted: requestOf(id) });

    await readHistory(ports, 1);

    expect(bench.calls).toEqual(['ledger.list', 'ledger.read', 'ledger.read']);
  });
});
