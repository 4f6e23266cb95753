import { beforeEach, describe, expect, test } from 'vitest';
import { type Convergence, emptyConvergence } from '../../core/model/convergence.ts';
import { run as executionEnded } from '../../functions/on-execution-status.ts';
import { handler, run } from '../../functions/on-instance-running.ts';
import { run as sweep } from '../../functions/sweep-locks.ts';
import { deploymentIdOf, keys } from '../../ledger/keys.ts';
import { writeOutcomeOnce } from '../../ledger/rollout/deployments.ts';
import { instanceRunning } from '../../local/engine/instance-running.ts';
import { arnOf, deploymentOutcome, executionArn } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const event = (name: string, state = 'running') => ({ detail: { 'instance-id': idOf(name), state } });
const starts = (...names: readonly string[]) =>
  expect.stringMatching(
    new RegExp(`^start converge-[0-9a-f]{32} {"converge":\\[${names.map((name) => `"${idOf(name)}"`).join(',')}\\],`),
  );

beforeEach(async () => {
  given = await givenPorts();
  const stable = {
    release: 1,
    releaseId: 'v1-x',
    deploymentId: 'd',
    at: '2026-11-22T20:00:00.000Z',
    isRollback: false,
  };
  await given.givenState((state) => ({ ...state, stableHistory: [stable] }));
  const right = { running: 'v1-x', isRight: true, deploymentId: 'd', at: stable.at };
  givenConvergence({ seen: { [idOf('a')]: right, [idOf('b')]: right } });
});

function givenConvergence(more: Partial<Convergence>): void {
  const before = (given.bucket.json(keys.convergence('payment')) as Convergence | undefined) ?? emptyConvergence;
  void given.bucket.put(keys.convergence('payment'), JSON.stringify({ ...before, ...more }));
}

const convergence = (): Convergence => given.bucket.json(keys.convergence('payment')) as Convergence;

test('a host that no deployment has seen gets one, by Rollgate and with a reason, and an event that is repeated none', async () => {
  await run(event('c'), given.ports);
  await run(event('c'), given.ports);

  expect(given.deeds).toEqual([starts('c')]);
  expect(given.deeds[0]).toContain('"reason":"new or back, and not on the stable release","by":"rollgate"}');
});

test('a state other than running, a host that is right and one that is not of the target start nothing', async () => {
  await run(event('c', 'stopped'), given.ports);
  given.givenHosts({}, {});
  await run(event('f'), given.ports);
  await run(event('a'), given.ports);

  expect(given.deeds).toEqual([]);
  expect(convergence().waiting).toEqual({});
});

test('before any release is stable nothing is even written', async () => {
  await given.givenState((state) => ({ ...state, stableHistory: [] }));
  await given.bucket.remove(keys.convergence('payment'));

  await run(event('c'), given.ports);

  expect(given.deeds).toEqual([]);
  expect(convergence()).toBeUndefined();
});

test('a host that is not online fails the function twice, so that it is called again, and then no more', async () => {
  given.givenHosts({}, {}, { ping: 'absent' });

  const calls = [1, 2, 3].map(() => () => run(event('c'), given.ports));
  for (const call of calls.slice(0, 2)) {
    await expect(call()).rejects.toThrow(expect.objectContaining({ name: 'TransientAwsError' }));
  }
  await calls[2]?.();

  expect(given.deeds).toEqual([]);
  expect(convergence().waiting[idOf('c')]).toMatchObject({ looks: 2 });
});

test('what was to be started and was not is started by whoever looks next, under the same name', async () => {
  const ports = {
    ...given.ports,
    executions: { ...given.ports.executions, start: () => Promise.reject(new Error('died')) },
  };
  await expect(run(event('c'), ports)).rejects.toThrow('died');
  const { underWay } = convergence();

  await sweep({}, given.ports);
  await sweep({}, given.ports);

  expect(given.deeds).toEqual([starts('c')]);
  expect(given.deeds[0]).toContain(`start ${underWay?.name} `);
});

describe('a run of which Finish has not told the end', () => {
  const name = 'converge-1';
  const startedAt = '2026-11-22T20:45:00.000Z';
  const waiting = { name: 'c', since: 'then', offlineSince: null, starts: 1, failures: 0, retryAt: null, looks: 0 };

  beforeEach(() => {
    givenConvergence({ waiting: { [idOf('c')]: waiting }, underWay: { name, hosts: [idOf('c')], at: 'then' } });
    const { executions } = given.ports;
    const describeIt = async (arn: string) => {
      const info = await executions.describe(arn);
      return info === undefined ? undefined : { ...info, startedAt };
    };
    given = { ...given, ports: { ...given.ports, executions: { ...executions, describe: describeIt } } };
  });

  test('is waited for while it runs', async () => {
    given.givenExecution(arnOf(name), 'RUNNING');

    await sweep({}, given.ports);

    expect(convergence().underWay?.name).toBe(name);
  });

  test('and that left no record has failed', async () => {
    given.givenExecution(arnOf(name), 'ABORTED');

    await sweep({}, given.ports);

    expect(convergence()).toMatchObject({
      underWay: null,
      failures: [{ instanceId: idOf('c'), why: 'its execution ended (ABORTED) before it was admitted' }],
    });
  });

  test('but that was admitted is repaired first', async () => {
    given.givenExecution(arnOf(name), 'ABORTED');
    await given.givenAdmitted({ deploymentId: deploymentIdOf(arnOf(name), startedAt) });

    await sweep({}, given.ports);

    expect(convergence().underWay?.name).toBe(name);
  });

  test('but has an end on record ends so', async () => {
    given.givenExecution(arnOf(name), 'FAILED');
    const halted = { deploymentId: deploymentIdOf(arnOf(name), startedAt), executionArn: arnOf(name) };
    await writeOutcomeOnce(given.ports, deploymentOutcome({ ...halted, isWholeTarget: false }));

    await sweep({}, given.ports);

    expect(convergence()).toMatchObject({ underWay: null, givenUp: { [idOf('c')]: { why: 'halted by anna' } } });
  });
});

test.each(['SUCCEEDED', 'FAILED'])('hosts that wait are looked at when an execution has %s', async (status) => {
  const waiting = { name: 'c', since: 'then', offlineSince: null, starts: 0, failures: 0, retryAt: null, looks: 0 };
  givenConvergence({ waiting: { [idOf('c')]: waiting } });

  await executionEnded({ detail: { executionArn, status: 'RUNNING' } }, given.ports);
  expect(given.deeds).toEqual([]);
  await executionEnded({ detail: { executionArn, status } }, given.ports);

  expect(given.deeds).toEqual([starts('c')]);
});

test('the sweep finds a host that nobody told of, also where another look fails, and fails then itself', async () => {
  const broken = { ...given.ports.ledger, list: () => Promise.reject(new Error('no list')) };

  await expect(sweep({}, { ...given.ports, ledger: broken })).rejects.toThrow('no list');

  expect(given.deeds).toEqual([starts('c')]);
});

test('the handler takes the event as EventBridge sends it', async () => {
  await handler(instanceRunning(idOf('c'), 'eu-west-1', given.time.now()));

  expect(given.deeds).toEqual([starts('c')]);
});
