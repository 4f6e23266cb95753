import { beforeEach, expect, test } from 'vitest';
import type { Ports } from '../../../clients/ports.ts';
import { TransientAwsError } from '../../../core/model/errors.ts';
import { run as runHostStep } from '../../../functions/run-host-step.ts';
import { sweepParked } from '../../../functions/waiting/sweep-parked.ts';
import { keys } from '../../../ledger/keys.ts';
import { writeOutcomeOnce } from '../../../ledger/rollout/deployments.ts';
import {
  commandParkingName,
  findParked,
  lockParkingName,
  park,
  pauseParkingName,
} from '../../../ledger/waiting/parked-tasks.ts';
import { deploymentId, deploymentOutcome, executionArn } from '../../given/deployment.ts';
import { idOf } from '../../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from '../given-ports.ts';

let given: GivenPorts;

beforeEach(async () => {
  given = await givenPorts();
});

const step = { token: 'one', action: 'activate', deploymentId, fence, round: 1, instanceId: idOf('a') } as const;
const parkedNames = (): readonly string[] => given.bucket.keys().filter((key) => key.startsWith(keys.parkedTasks));
const nameOfStep = commandParkingName('rollgate-payment-local-activate', idOf('a'));

async function givenStep(): Promise<void> {
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
  await runHostStep(step, given.ports);
}

async function givenEnd(): Promise<void> {
  const reason = { code: 'all-hosts-passed', text: '' } as const;
  await writeOutcomeOnce(given.ports, deploymentOutcome({ status: 'Succeeded', errorName: null, reason }));
  await given.givenState((state) => ({ ...state, lock: null }));
  given.givenExecution(executionArn, 'SUCCEEDED');
}

async function givenWaiting(): Promise<void> {
  const { ports } = given;
  const waits = { token: 'token', deploymentId, executionArn, parkedAt: 'then' };
  await park(ports, lockParkingName('payment', deploymentId), { kind: 'lock', ...waits });
  await park(ports, pauseParkingName('payment', deploymentId), { kind: 'bake', ...waits, round: 1 });
}

test('a token of a command whose end no event told is answered', async () => {
  await givenStep();
  given.givenReport();

  await sweepParked(given.ports);
  await sweepParked(given.ports);

  expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"done"}']);
});

test('a token of a step past its deadline is answered: nobody knows what became of it', async () => {
  await givenStep();
  given.givenInvocation('command-1', { status: 'InProgress', statusDetails: 'InProgress' });
  await sweepParked(given.ports);
  given.time.skip(3_600_000);

  await sweepParked(given.ports);

  expect(given.deeds).toEqual(['send activate a', 'answer one {"status":"unknown"}']);
});

test('a token of an execution that has lost the lock is neither looked at nor removed', async () => {
  await givenStep();
  given.givenReport();
  await given.givenLock({ fence: fence + 1, purpose: 'repair' });

  await sweepParked(given.ports);

  expect(given.deeds).toEqual(['send activate a']);
  expect(parkedNames()).toEqual([keys.parked(nameOfStep)]);
});

test('a token of a deployment that has ended is removed; of a command only when no event of it is to come', async () => {
  await givenStep();
  given.givenReport();
  await sweepParked(given.ports);
  await givenWaiting();
  await givenEnd();

  await sweepParked(given.ports);
  expect(parkedNames()).toEqual([keys.parked(nameOfStep)]);
  given.time.skip(3_600_000);
  await sweepParked(given.ports);

  expect(parkedNames()).toEqual([]);
});

test('a token of an execution that ended is removed, of one that nobody knows stays', async () => {
  await givenWaiting();
  await sweepParked(given.ports);
  expect(parkedNames()).toHaveLength(2);
  given.givenExecution(executionArn, 'ABORTED');

  await sweepParked(given.ports);

  expect(parkedNames()).toEqual([]);
});

test('a token of a deployment that is none of this stage stays', async () => {
  const { ports } = given;
  await park(ports, 'command/rollgate-cart-activate/i-1', { kind: 'command', parkedAt: 'then', ...step });

  await sweepParked(ports);

  expect(parkedNames()).toHaveLength(1);
});

test('a token that a live step parks over a dead one while the sweep looks is not removed', async () => {
  await givenStep();
  await givenEnd();
  given.time.skip(3_600_000);
  const { ledger } = given.ports;
  const live = { kind: 'command', parkedAt: 'now', ...step, token: 'live', deploymentId: 'd-next' } as const;
  const racing: Ports['ledger'] = {
    ...ledger,
    remove: async (key, etag) => {
      await park(given.ports, nameOfStep, live);
      return ledger.remove(key, etag);
    },
  };

  await sweepParked({ ...given.ports, ledger: racing });

  expect(await findParked(given.ports, nameOfStep)).toMatchObject({ token: 'live' });
});

test('one that cannot be judged does not keep the sweep from the others, and is told', async () => {
  await givenWaiting();
  given.givenExecution(executionArn, 'ABORTED');
  const first = parkedNames()[0];
  const { ledger } = given.ports;
  const failing: Ports['ledger'] = {
    ...ledger,
    remove: (key, etag) =>
      key === first ? Promise.reject(new TransientAwsError('Rate exceeded')) : ledger.remove(key, etag),
  };

  await expect(sweepParked({ ...given.ports, ledger: failing })).rejects.toThrow('Rate exceeded');

  expect(parkedNames()).toEqual([first]);
});
