import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdmittedDeployment } from '../../../core/model/deployment-records.ts';
import { TransientAwsError } from '../../../core/model/errors.ts';
import { keys } from '../../../ledger/keys.ts';
import { writeControl } from '../../../ledger/operator/requests.ts';
import {
  listDeployments,
  openDeployment,
  openPlanned,
  readAdmitted,
  readDecision,
  readDecisions,
  readFacts,
  readOutcome,
  readPlan,
  writeAdmitted,
  writeDecision,
  writeOutcomeOnce,
  writePlan,
  writeResolvedRelease,
} from '../../../ledger/rollout/deployments.ts';
import { admitted, decisionOf, outcome, plan } from '../given-records.ts';
import { deploymentId, keepStep, stepOf } from '../given-steps.ts';
import { createLedgerBench, type LedgerBench, type LedgerPorts } from '../ledger-bench.ts';

let bench: LedgerBench;
let ports: LedgerPorts;

beforeEach(() => {
  bench = createLedgerBench();
  ports = bench.ports;
});

afterEach(() => {
  expect(bench.faults.pending()).toEqual([]);
});

describe('each part of a deployment that is written once', () => {
  const parts = [
    {
      part: 'what was admitted',
      value: admitted,
      other: { ...admitted, by: 'somebody else' },
      key: keys.request('payment', deploymentId),
      write: (value: unknown) => writeAdmitted(ports, value as AdmittedDeployment),
      read: () => readAdmitted(ports, deploymentId),
    },
    {
      part: 'the plan',
      value: plan,
      other: { ...plan, hosts: [] },
      key: keys.plan('payment', deploymentId),
      write: (value: unknown) => writePlan(ports, deploymentId, value as typeof plan),
      read: () => readPlan(ports, deploymentId),
    },
    {
      part: 'the decision of a round',
      value: decisionOf(3),
      other: { ...decisionOf(3), executionArn: 'arn:two' },
      key: keys.decision('payment', deploymentId, 3),
      write: (value: unknown) => writeDecision(ports, deploymentId, value as ReturnType<typeof decisionOf>),
      read: () => readDecision(ports, deploymentId, 3),
    },
    {
      part: 'the end',
      value: outcome,
      other: { ...outcome, status: 'Succeeded' },
      key: keys.outcome('payment', deploymentId),
      write: (value: unknown) => writeOutcomeOnce(ports, value as typeof outcome),
      read: () => readOutcome(ports, deploymentId),
    },
  ];

  test.each(parts)('is not there before: $part', async ({ read }) => {
    expect(await read()).toBeUndefined();
  });

  test.each(parts)('stands below its deployment and is read as it was written: $part', async (part) => {
    const written = await part.write(part.value);

    expect(written).toEqual(part.value);
    expect(await part.read()).toEqual(part.value);
    expect(bench.bucket.keys()).toEqual([part.key]);
  });

  test.each(parts)('keeps what the first one wrote, and a later one goes on with that: $part', async (part) => {
    await part.write(part.value);

    const later = await part.write(part.other);

    expect(later).toEqual(part.value);
    expect(await part.read()).toEqual(part.value);
  });

  test.each(parts)('is found by the retry after its answer was lost: $part', async (part) => {
    bench.faults.given('ledger.create', { kind: 'lose-response' });

    await expect(part.write(part.value)).rejects.toThrow(TransientAwsError);
    const again = await part.write(part.other);

    expect(again).toEqual(part.value);
  });
});

describe('the release of a converge', () => {
  const converge: AdmittedDeployment = {
    ...admitted,
    trigger: 'converge',
    request: { kind: 'converge', hosts: ['i-a'], by: 'rollgate', reason: 'new' },
  };
  const resolved = {
    release: { ...admitted.release, number: 7, releaseId: 'v7-777777777777' },
    stable: { number: 7, releaseId: 'v7-777777777777' },
  };

  test('is the admitted one until it has the lock', async () => {
    await writeAdmitted(ports, converge);

    expect(await readAdmitted(ports, deploymentId)).toEqual(converge);
  });

  test('is the one that it found stable when it had the lock', async () => {
    await writeAdmitted(ports, converge);
    await writeResolvedRelease(ports, deploymentId, resolved);

    expect(await readAdmitted(ports, deploymentId)).toEqual({ ...converge, ...resolved });
  });

  test('is the one that was resolved first', async () => {
    await writeAdmitted(ports, converge);
    await writeResolvedRelease(ports, deploymentId, resolved);
    await writeResolvedRelease(ports, deploymentId, { release: admitted.release, stable: null });

    expect(await readAdmitted(ports, deploymentId)).toEqual({ ...converge, ...resolved });
  });

  test('is never another than the admitted one for whoever asked for a release', async () => {
    await writeAdmitted(ports, admitted);
    await writeResolvedRelease(ports, deploymentId, resolved);

    expect(await readAdmitted(ports, deploymentId)).toEqual(admitted);
  });
});

describe('the decisions of a deployment', () => {
  test('come by their rounds, whatever the order in which they were written', async () => {
    const anyRounds = fc.uniqueArray(fc.nat({ max: 12_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyRounds, async (rounds) => {
        ports = createLedgerBench().ports;
        for (const round of rounds) await writeDecision(ports, deploymentId, decisionOf(round));

        expect(await readDecisions(ports, deploymentId)).toEqual(rounds.toSorted((a, b) => a - b).map(decisionOf));
      }),
      { examples: [[[10, 9, 1, 100, 2, 0]]], numRuns: 50 },
    );
  });

  test('are its own alone', async () => {
    await writeDecision(ports, 'd-1', decisionOf(1));
    await writeDecision(ports, 'd-10', decisionOf(2));

    expect(await readDecisions(ports, 'd-1')).toEqual([decisionOf(1)]);
  });
});

describe('the deployments of a service', () => {
  test('are listed each once, oldest first, whatever the order in which they were written', async () => {
    const ids = ['d-20261122-204500-ffffff', 'd-20261122-204501-000000', 'd-20261123-000000-aaaaaa'];
    const [oldest = '', middle = '', newest = ''] = ids;
    await writeOutcomeOnce(ports, { ...outcome, deploymentId: newest });
    await writePlan(ports, oldest, plan);
    await writeAdmitted(ports, { ...admitted, deploymentId: oldest });
    await keepStep(ports, middle, stepOf('i-a', 'install'));

    expect(await listDeployments(ports)).toEqual(ids);
  });

  test('are none where it has none, whatever others have', async () => {
    const others = { ...ports, stage: { ...ports.stage, service: 'payment-next' } };
    await writeAdmitted(others, admitted);

    expect(await listDeployments(ports)).toEqual([]);
  });
});

describe('a deployment that is opened', () => {
  test('has what was admitted and the plan, each read once', async () => {
    await writeAdmitted(ports, admitted);
    await writePlan(ports, deploymentId, plan);

    expect(await openDeployment(ports, deploymentId)).toEqual({ admitted, plan });
    expect(bench.bucket.reads).toHaveLength(2);
  });

  test.each([
    ['was never admitted', () => writePlan(ports, deploymentId, plan)],
    ['was never planned', () => writeAdmitted(ports, admitted)],
  ] as const)('is none if it %s, and a step of it is refused', async (_why, given) => {
    await given();

    expect(await openDeployment(ports, deploymentId)).toBeUndefined();
    await expect(openPlanned(ports, deploymentId)).rejects.toThrow(`${deploymentId} has no plan in the ledger`);
  });
});

describe('the facts that decisions are made from', () => {
  const situation = { executionArn: 'arn:one', isRepair: false, error: null };
  const [host = ''] = plan.hosts.map(({ instanceId }) => instanceId);

  test('are all that stands in the ledger, the situation, and no alarm', async () => {
    const halt = { by: 'anna', at: '2026-11-22T20:45:40.000Z', reason: 'lunch' };
    const error = { name: 'States.Timeout', cause: 'too late' };
    await writeDecision(ports, deploymentId, decisionOf(1));
    await writeControl(ports, 'halt', deploymentId, halt);
    await keepStep(ports, deploymentId, stepOf(host, 'install'));

    const facts = await readFacts(ports, { admitted, plan }, { executionArn: 'arn:one', isRepair: true, error });

    expect(facts).toEqual({
      admitted,
      plan,
      decisions: [decisionOf(1)],
      alarms: { kind: 'notAsked' },
      isRepair: true,
      error,
      controls: { halt, pause: null, resume: null, approve: null, skip: [], retry: [] },
      progress: plan.hosts.map((each) => expect.objectContaining({ host: each })),
      nowMilliseconds: ports.clock.now(),
    });
    expect(facts.progress.map(({ stage }) => stage)).toEqual(['staged', 'waiting', 'waiting']);
  });

  test('count the attempts of this execution alone, not those of one that died', async () => {
    for (const [round, executionArn] of [
      [1, 'arn:dead'],
      [2, 'arn:one'],
      [3, 'arn:one'],
    ] as const) {
      await writeDecision(ports, deploymentId, { ...decisionOf(round), executionArn });
      const { intent } = stepOf(host, 'revert', round);
      await keepStep(ports, deploymentId, { intent: { ...intent, round }, commandId: null, outcome: null });
    }

    const own = await readFacts(ports, { admitted, plan }, situation);
    const another = await readFacts(ports, { admitted, plan }, { ...situation, executionArn: 'arn:repair' });

    expect(own.progress[0]?.revertAttempts).toBe(2);
    expect(another.progress[0]?.revertAttempts).toBe(0);
  });
});
