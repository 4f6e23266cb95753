import { beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../clients/ports.ts';
import { handler, run } from '../../functions/finish-deployment.ts';
import { logTo } from '../../functions/runtime/log.ts';
import { keys } from '../../ledger/keys.ts';
import { readOutcome, writeOutcomeOnce } from '../../ledger/rollout/deployments.ts';
import { writeIntent, writeOutcome } from '../../ledger/rollout/host-steps.ts';
import { findParked, lockParkingName, park, pauseParkingName } from '../../ledger/waiting/parked-tasks.ts';
import { type GivenStep, givenStep } from '../core/given-rollout.ts';
import { arnOf, deploymentId, deploymentOutcome, executionArn, v1 } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { queueEntry } from '../given/lock.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const startedAt = '2026-11-22T20:45:00.000Z';
const input = { executionArn, startedAt, state: { deploymentId, next: 'finish' } };
const passed: readonly GivenStep[] = [
  { action: 'install', round: 0, fence, status: 'done' },
  { action: 'activate', fence, status: 'done' },
  { action: 'verify', fence, status: 'done' },
];

beforeEach(async () => {
  given = await givenPorts();
  given.givenHosts({});
});

async function givenSteps(steps: readonly GivenStep[]): Promise<void> {
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
  for (const { intent, outcome } of steps.map(givenStep)) {
    await writeIntent(given.ports, deploymentId, { ...intent, instanceId: idOf('a') });
    if (outcome !== null) {
      await writeOutcome(given.ports, deploymentId, { ...intent, instanceId: idOf('a') }, outcome);
    }
  }
}

describe('the end of a deployment', () => {
  test('is recorded once, frees the lock and moves the stable release', async () => {
    await givenSteps(passed);

    const first = await run(input, given.ports);
    const again = await run(input, given.ports);

    expect(first).toEqual({
      deploymentId,
      status: 'Succeeded',
      errorName: 'Succeeded',
      cause: expect.stringMatching(/^v1 runs on 1 host and every one passed its gate\nrollgate status d-/),
    });
    expect(again).toEqual(first);
    expect(given.state()).toMatchObject({
      lock: null,
      stableHistory: [{ release: 1, deploymentId, isRollback: false }],
    });
  });

  test('is told in one line that a metric counts', async () => {
    const lines: string[] = [];
    logTo((line) => void lines.push(line));
    await givenSteps(passed.slice(0, 2));
    await given.givenLock({ purpose: 'repair', repairs: 3 });

    await run(input, given.ports);

    expect(lines).toEqual([
      `{"level":"info","function":"finish-deployment","outcome":"FailedDirty","deploymentId":"${deploymentId}"}`,
    ]);
  });

  test('is not recorded while a host is half switched: the execution fails and the repair takes over', async () => {
    await givenSteps(passed.slice(0, 2));

    await expect(run(input, given.ports)).rejects.toMatchObject({
      name: 'UnfinishedError',
      message: `${deploymentId} can't end here: its next step is verify; a repair takes over`,
    });
    expect(await readOutcome(given.ports, deploymentId)).toBeUndefined();
    expect(given.state().lock).not.toBeNull();
  });

  test('is recorded as it is after three repairs', async () => {
    await givenSteps(passed.slice(0, 2));
    await given.givenLock({ purpose: 'repair', repairs: 3 });

    expect(await run(input, given.ports)).toMatchObject({ status: 'FailedDirty', errorName: 'RevertFailedError' });
    expect(given.state().lock).toBeNull();
  });

  test('says what its hosts run, before the next one may have the lock', async () => {
    await givenSteps(passed);
    const written: string[] = [];
    const { ledger } = given.ports;
    const noting: Ledger = {
      ...ledger,
      create(key, body) {
        written.push(key.split('/').at(-1) ?? '');
        return ledger.create(key, body);
      },
      replace(key, body, etag) {
        written.push(key.split('/').at(-1) ?? '');
        return ledger.replace(key, body, etag);
      },
    };

    await run(input, { ...given.ports, ledger: noting });

    expect(written).toEqual(['outcome.json', 'convergence.json', 'state.json']);
    expect(given.bucket.json(keys.convergence('payment'))).toMatchObject({
      seen: { [idOf('a')]: { running: v1.releaseId, isRight: true, deploymentId } },
    });
  });

  test('of a converge that left hosts behind is no mix of releases: a rollback goes to the release before', async () => {
    await given.givenAdmitted({ trigger: 'converge', request: { kind: 'converge', hosts: [idOf('a')] } });
    await givenSteps(passed.slice(0, 2));
    await given.givenLock({ purpose: 'repair', repairs: 3 });

    expect(await run(input, given.ports)).toMatchObject({ status: 'FailedDirty' });
    expect(given.state().differing).toEqual({});
  });

  test('of a deployment to named hosts leaves the stable release', async () => {
    await given.givenPlan({ isWholeTarget: false });
    await givenSteps(passed);

    expect((await run(input, given.ports)).status).toBe('Succeeded');
    expect(given.state().stableHistory).toEqual([]);
  });

  test('that is stable already is only confirmed, so that the rollback before it is not forgotten', async () => {
    const entry = { release: 1, releaseId: 'v1-x', deploymentId: 'd', at: 'then', isRollback: true };
    await given.givenState((state) => ({ ...state, stableHistory: [entry] }));
    await givenSteps(passed);

    await run(input, given.ports);

    expect(given.state().stableHistory).toEqual([{ ...entry, confirmedAt: expect.stringMatching(/^2026-/) }]);
  });
});

describe('a refusal', () => {
  const refuse = (name: string, message: string) =>
    run(
      { executionArn, startedAt, state: { Error: name, Cause: JSON.stringify({ errorMessage: message }) } },
      given.ports,
    );

  test('is recorded under the id that the deployment would have had', async () => {
    const { deploymentId: id, ...end } = await refuse('InvalidDeploymentError', 'release: v9 does not exist');

    expect(end).toMatchObject({ status: 'FailedClean', errorName: 'InvalidDeploymentError' });
    expect(end.cause.split('\n')[0]).toBe('release: v9 does not exist');
    expect(await readOutcome(given.ports, id)).toMatchObject({ reason: { code: 'invalid-input' }, hosts: [] });
  });

  test.each([
    ['DeploymentLockedError', 'lock-refused', 'DeploymentLockedError'],
    ['HaltedError', 'lock-refused', 'HaltedError'],
    ['TransientAwsError', 'execution-error', 'TransientAwsError'],
    ['TypeError', 'execution-error', 'GateFailedError'],
  ])('%s has the reason %s and ends as %s', async (name, code, errorName) => {
    const { deploymentId: id } = await refuse(name, 'so it was');

    expect(await readOutcome(given.ports, id)).toMatchObject({ reason: { code }, errorName });
  });
});

test('a superseded deployment leaves the queue and says which upload took its place', async () => {
  await given.givenAdmitted();

  const end = await run(
    { ...input, state: { deploymentId, next: 'superseded', by: { kind: 'upload', versionId: 'newer' } } },
    given.ports,
  );

  expect(end).toMatchObject({ status: 'Superseded', errorName: 'SupersededError' });
  expect(end.cause).toMatch(/^a newer upload \(version newer\) took its place/);
});

test('a lock that a repair has taken over is left alone', async () => {
  await givenSteps(passed);
  await given.givenLock({ executionArn: arnOf('repair'), purpose: 'repair' });

  await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
  expect(given.state().lock?.executionArn).toBe(arnOf('repair'));
});

test('no token of the deployment stays parked', async () => {
  await givenSteps(passed);
  const waits = { token: 'token', deploymentId, executionArn, parkedAt: 'then' };
  await park(given.ports, lockParkingName('payment', deploymentId), { kind: 'lock', ...waits });
  await park(given.ports, pauseParkingName('payment', deploymentId), { kind: 'bake', ...waits, round: 1 });

  await run(input, given.ports);

  expect(given.bucket.keys().filter((key) => key.startsWith(keys.parkedTasks))).toEqual([]);
});

test('whoever is next gets the lock and is told', async () => {
  await givenSteps(passed);
  const next = { deploymentId: 'd-20261122-204600-bbbbbb', executionArn: arnOf('next') };
  await given.givenAdmitted(next);
  given.givenExecution(next.executionArn, 'RUNNING');
  await given.givenState((state) => ({ ...state, queue: [queueEntry(next.deploymentId, next)] }));
  const name = lockParkingName('payment', next.deploymentId);
  await park(given.ports, name, { kind: 'lock', token: 'next', ...next, parkedAt: 'then' });

  await run(input, given.ports);

  expect(given.deeds).toEqual([expect.stringMatching(/^answer next \{"deploymentId":"d-20261122-204600-bbbbbb"/)]);
  expect(given.state()).toMatchObject({ lock: next, queue: [] });
  expect(await findParked(given.ports, name)).toBeUndefined();
});

test('one that died in the queue is repaired, not given the lock', async () => {
  await givenSteps(passed);
  const dead = { deploymentId: 'd-20261122-204600-bbbbbb', executionArn: arnOf('dead') };
  await given.givenAdmitted(dead);
  given.givenExecution(dead.executionArn, 'ABORTED');
  await given.givenState((state) => ({ ...state, queue: [queueEntry(dead.deploymentId, dead)] }));
  const name = lockParkingName('payment', dead.deploymentId);
  await park(given.ports, name, { kind: 'lock', token: 'dead', ...dead, parkedAt: 'then' });

  await run(input, given.ports);

  expect(given.deeds).toEqual([expect.stringMatching(/^start repair-d-20261122-204600-bbbbbb-/)]);
  expect(given.state().lock).toBeNull();
});

test('the cause of a Fail state stays within what Step Functions takes', async () => {
  const text = 'x'.repeat(100_000);
  await writeOutcomeOnce(given.ports, deploymentOutcome({ reason: { code: 'halted', text } }));

  expect((await run(input, given.ports)).cause.length).toBeLessThan(32_768);
});

test('the handler ends a deployment', async () => {
  await givenSteps(passed);

  expect(await handler({ ...input, state: { ...input.state, fence, round: 3, hosts: [] } })).toMatchObject({
    status: 'Succeeded',
  });
});
