import { beforeEach, describe, expect, test } from 'vitest';
import { type GivenSimulatedHost, givenSimulatedHost, line } from './given-simulated-host.ts';

let given: GivenSimulatedHost;

beforeEach(async () => {
  given = await givenSimulatedHost();
});

describe('faults', () => {
  test('strike the action they are meant for, once', async () => {
    given.faults.given('i-0a1', 'revert', 'start-failed');
    given.faults.given('i-0b2', 'activate', 'start-failed');
    await given.install(given.v1);
    const activated = await given.activate(given.v1.releaseId);
    const reverted = await given.activate('previous');
    const again = await given.activate('previous');

    expect([line(activated), line(reverted), line(again)]).toEqual([
      `done ${given.v1.releaseId} active`,
      'failed start-failed none inactive',
      'done none inactive',
    ]);
    expect(given.faults.pending()).toBe(1);
  });

  test('of the gate fail the check that tells of them', async () => {
    await given.install(given.v1);
    await given.activate(given.v1.releaseId);
    given.faults.given('i-0a1', 'verify', 'http-failed', 2);

    const failing = [await given.verify(given.v1.releaseId), await given.verify(given.v1.releaseId)];

    for (const report of failing) {
      expect(report.failure).toBe('http-failed');
      expect(report.checks?.filter((check) => !check.isOk).map((check) => check.name)).toEqual(['http']);
    }
    expect((await given.verify(given.v1.releaseId)).outcome).toBe('done');
  });

  test('of a check that only reports fail nothing: it is told, and the host is well', async () => {
    const v3 = await given.release(3, '', ['http', 'amqp:rabbitmq']);
    given.faults.given('i-0a1', 'install', 'amqp-auth-failed');
    given.faults.given('i-0a1', 'verify', 'http-failed');

    const installed = await given.install(v3);
    await given.activate(v3.releaseId);
    const verified = await given.verify(v3.releaseId);

    expect([installed.outcome, verified.outcome, verified.failure]).toEqual(['done', 'done', undefined]);
    expect(installed.checks?.filter((check) => !check.isOk)).toEqual([
      {
        name: 'amqp:rabbitmq',
        isOk: false,
        failure: 'amqp-auth-failed',
        isReportOnly: true,
        detail: 'simulated: amqp-auth-failed',
      },
    ]);
    expect(verified.checks?.filter((check) => check.isReportOnly === true).map((check) => check.name)).toEqual([
      ...['http', 'amqp:rabbitmq'],
    ]);
    expect([installed.host.isHealthy, verified.host.isHealthy]).toEqual([null, false]);
  });

  test('of a check that decides fail the gate beside one that only reports', async () => {
    const v3 = await given.release(3, '', ['http']);
    await given.install(v3);
    await given.activate(v3.releaseId);
    given.faults.given('i-0a1', 'verify', 'journal-pattern');

    expect((await given.verify(v3.releaseId)).failure).toBe('journal-pattern');
  });

  test.each([
    ['offline', 'lost', 'none', false],
    ['offline-after', 'lost', 'v1', false],
    ['lost-command', 'lost', 'none', true],
    ['lost-result', 'lost', 'v1', true],
    ['timed-out', 'timed-out', 'none', true],
    ['no-report', 'no-report', 'v1', true],
  ] as const)('%s keeps the report from coming', async (fault, kind, running, isOn) => {
    await given.install(given.v1);
    given.faults.given('i-0a1', 'activate', fault);

    const ended = await given.host.run('activate', { ...given.common({}), releaseId: given.v1.releaseId });

    expect(ended).toEqual({ kind });
    expect([given.host.state().running.split('-')[0], given.host.isRunning()]).toEqual([running, isOn]);
  });

  test('of the script itself are not kept as an answer', async () => {
    await given.install(given.v1);
    given.faults.given('i-0a1', 'activate', 'internal');
    const told = { key: 'c'.repeat(32) };

    const reports = [await given.activate(given.v1.releaseId, told), await given.activate(given.v1.releaseId, told)];

    expect(reports.map(line)).toEqual(['failed internal none inactive', `done ${given.v1.releaseId} active`]);
  });
});
