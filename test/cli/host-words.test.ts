import { describe, expect, it } from 'vitest';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import { keys } from '../../ledger/keys.ts';
import { readControl, readRecord } from '../../ledger/operator/requests.ts';
import { lockOf } from '../given/lock.ts';
import { crashLoop, hosts, recordOf } from '../given/recorded-deployment.ts';
import { endings, goingOn, oneFailed, staged, wave1 } from '../given/recorded-deployments.ts';
import { type FakeWorld, fakeWorld, givenDeployment } from './fake-world.ts';
import { givenConfig, givenReleases, givenState } from './given-target.ts';

const id = goingOn.inItsGate.deploymentId;
const [first = '', second = '', third = ''] = hosts.map((host) => host.instanceId);

function givenRunning(record: DeploymentRecord): FakeWorld {
  const fake = fakeWorld();
  givenState(fake.ledger, { lock: lockOf(record.deploymentId) });
  givenDeployment(fake.ledger, record);
  return fake;
}

/** The first host waits for the end of a fault that is not of the release. */
const suspended = recordOf({
  steps: [
    ...staged,
    { host: 0, action: 'activate', from: 33, to: 34 },
    { host: 0, action: 'verify', from: 34, to: 40, status: 'failed', diagnosis: { ...crashLoop, kind: 'shared' } },
  ],
  decisions: [
    [32, wave1],
    [40, { kind: 'park', wave: 1, why: 'shared-fault', untilMilliseconds: 0 }],
  ],
  now: 50,
});

/** The first host has passed. */
const onePassed = goingOn.baking;

const turned = recordOf({ steps: staged, decisions: [[32, wave1]], now: 40, words: [] });

describe('skip', () => {
  it.each([
    ['by its name', 'payment-3'],
    ['by its instance id', third],
  ])('names a host %s, and says so', async (_how, typed) => {
    const fake = givenRunning(goingOn.inItsGate);

    expect(await fake.run('skip', typed, '--reason', 'broken disk')).toBe(0);
    expect(await readControl(fake.ports, 'skip', id)).toMatchObject({
      by: 'alice',
      reason: 'broken disk',
      hosts: [third],
    });
    expect(fake.stdout.text()).toBe(
      `${id} on local (embedded engine) leaves payment-3 out from now on; rollgate status --watch shows it\n`,
    );
  });

  it('takes host and deployment in any order', async () => {
    const fake = givenRunning(goingOn.inItsGate);

    expect(await fake.run('skip', id, 'payment-3', '--json')).toBe(0);
    expect(JSON.parse(fake.stdout.text())).toMatchObject({ deploymentId: id, verb: 'skip', hosts: [third] });
  });

  it.each([
    [
      'a host of another target',
      goingOn.inItsGate,
      ['payment-9'],
      `host: "payment-9" is no host of ${id}, which has payment-1 (${first}), payment-2 (${second}), payment-3 (${third})`,
      'rollgate skip payment-1',
    ],
    [
      'a host that has passed',
      onePassed,
      ['payment-1'],
      'payment-1 runs the release already and has passed; what passed is not taken back by skip',
      `rollgate deploy --release v1 --hosts ${first}`,
    ],
    ['no host', goingOn.inItsGate, [], 'skip: name the host, by its name or its instance id', 'rollgate skip HOST'],
    [
      'two hosts',
      goingOn.inItsGate,
      ['payment-1', 'payment-2'],
      'skip: takes one host and one deployment',
      'rollgate skip --help',
    ],
    [
      'a host where no plan was made yet',
      { ...goingOn.waiting, lock: null },
      ['payment-1'],
      `${id} has no plan yet, so there is no host to skip`,
      'rollgate status',
    ],
  ] as const)('%s is refused, and it is said what to type', async (_what, record, words, why, next) => {
    const fake = givenRunning(record);

    expect(await fake.run('skip', ...words)).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
    expect(await readRecord(fake.ports, id)).toEqual([]);
  });

  it('the last host is refused, and so is one twice', async () => {
    const fake = givenRunning(goingOn.inItsGate);
    for (const [seconds, host] of [second, third].entries()) {
      const word = { by: 'bob', at: `2026-11-22T20:45:2${seconds}.000Z`, reason: '', hosts: [host] };
      fake.ledger.given(keys.control('payment', 'skip', id, word), word);
    }

    expect(await fake.run('skip', 'payment-3')).toBe(2);
    expect(await fake.run('skip', 'payment-1')).toBe(2);
    expect(fake.stderr.text()).toBe(
      [
        'error: payment-3 is skipped already\nnext: rollgate status\n',
        'error: payment-1 is the last host of this deployment; without it nothing is left to deploy\nnext: rollgate halt\n',
      ].join(''),
    );
  });

  it('of a deployment that is being ended is refused', async () => {
    const fake = givenRunning(turned);
    const word = { by: 'bob', at: '2026-11-22T20:45:35.000Z', reason: 'no' };
    fake.ledger.given(keys.control('payment', 'halt', id, word), word);

    expect(await fake.run('skip', 'payment-3')).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${id} is being ended: halted by bob: no\nnext: rollgate status --watch\n`);
  });
});

describe('retry of a running deployment', () => {
  it.each([
    ['hosts that failed within the budget', oneFailed, second, 'payment-2'],
    ['hosts that wait for the end of a fault', suspended, first, 'payment-1'],
  ])('names the %s', async (_what, record, instanceId, name) => {
    const fake = givenRunning(record);

    expect(await fake.run('retry')).toBe(0);
    expect(await readControl(fake.ports, 'retry', id)).toMatchObject({ hosts: [instanceId] });
    expect(fake.stdout.text()).toContain(`${id} on local (embedded engine) tries ${name} once more`);
  });

  it.each([
    ['nothing has failed', goingOn.inItsGate, [], `no host of ${id} has failed so far`, 'rollgate status'],
    ['the named host has not', oneFailed, ['payment-3'], 'payment-3 has not failed', 'rollgate status'],
    [
      'it is no host of it',
      oneFailed,
      ['payment-9'],
      `host: "payment-9" is no host of ${id}, which has payment-1 (${first}), payment-2 (${second}), payment-3 (${third})`,
      'rollgate retry payment-1',
    ],
  ] as const)('is refused where %s, and says what to type', async (_what, record, words, why, next) => {
    const fake = givenRunning(record);

    expect(await fake.run('retry', ...words)).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
  });

  it('is refused where nothing runs and none is named', async () => {
    const fake = fakeWorld();

    expect(await fake.run('retry')).toBe(2);
    expect(fake.stderr.text()).toBe('error: no deployment is running; name the one to retry\nnext: rollgate history\n');
  });
});

describe('resume and retry of a deployment that has ended', () => {
  function givenEnded(record: DeploymentRecord): FakeWorld {
    const fake = fakeWorld();
    givenConfig(fake.ledger);
    givenReleases(fake.ledger, 1, 2);
    givenState(fake.ledger, { stable: [1] });
    givenDeployment(fake.ledger, record);
    fake.whenStarted = ({ deploymentId }) => givenDeployment(fake.ledger, endings.Succeeded, deploymentId);
    return fake;
  }

  it.each([
    ['resume', endings.RolledBack],
    ['resume', endings.Halted],
    ['retry', endings.Degraded],
    ['retry', endings.FailedDirty],
  ] as const)('%s starts a new deployment of its release, and follows it', async (verb, record) => {
    const fake = givenEnded(record);

    expect(await fake.run(verb, id, '--reason', 'RabbitMQ is back')).toBe(0);
    expect(fake.started[0]?.input).toEqual({ [verb]: id, reason: 'RabbitMQ is back', by: 'alice' });
    expect(fake.stdout.text()).toContain('Succeeded');
  });

  it('resume without a name takes the last one where nothing runs, after saying which', async () => {
    const fake = givenEnded(endings.Halted);

    expect(await fake.run('resume', '--no-wait')).toBe(0);
    expect(fake.stderr.text()).toBe(`nothing runs; resumes ${id}, which ended Halted: halted by alice: wrong build\n`);
    expect(fake.started[0]?.input).toEqual({ resume: id, by: 'alice' });
  });

  it.each([
    ['resume', [id], `${id} left nothing to resume: Succeeded`, `rollgate rerun ${id}`],
    [
      'resume',
      [],
      `no deployment is running, and the last one (${id}) left nothing to resume: Succeeded`,
      'rollgate history',
    ],
    ['retry', [id], `no host of ${id} has failed: Succeeded`, 'rollgate rerun'],
    [
      'retry',
      [id, 'payment-2'],
      `${id} has ended (Succeeded); one host is deployed by its release`,
      `rollgate deploy --release v2 --hosts ${second}`,
    ],
  ] as const)('%s %j is refused where it went well', async (verb, words, why, next) => {
    const fake = givenEnded(endings.Succeeded);

    expect(await fake.run(verb, ...words)).toBe(2);
    expect(fake.stderr.text()).toBe(`error: ${why}\nnext: ${next}\n`);
    expect(fake.started).toEqual([]);
  });

  it('retry of one that was halted says resume', async () => {
    const fake = givenEnded(endings.Halted);

    expect(await fake.run('retry', id)).toBe(2);
    expect(fake.stderr.text()).toBe(`error: no host of ${id} has failed: Halted\nnext: rollgate resume ${id}\n`);
  });

  it('resume where nothing was ever deployed is refused', async () => {
    const fake = fakeWorld();

    expect(await fake.run('resume')).toBe(2);
    expect(fake.stderr.text()).toBe(
      'error: no deployment is running, and none has ended that could be resumed\nnext: rollgate deploy\n',
    );
  });
});
