import { beforeEach, describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis/diagnose.ts';
import { type GivenSimulatedHost, givenSimulatedHost, line } from './given-simulated-host.ts';
import { sha256 } from './sample-artifact.ts';

let given: GivenSimulatedHost;

beforeEach(async () => {
  given = await givenSimulatedHost();
});

describe('install', () => {
  test('puts a release beside what runs and touches nothing', async () => {
    const before = given.host.state().mainPid;

    const report = await given.install(given.v1);

    expect(report).toEqual({
      schema: 1,
      script: 'install',
      service: 'payment',
      deploymentId: 'd-1',
      key: '00000000000000000000000000000001',
      fence: 100,
      outcome: 'done',
      replayed: false,
      message: `${given.v1.releaseId} is on the host; none runs on`,
      startedAtSeconds: given.time.now() / 1_000,
      finishedAtSeconds: given.time.now() / 1_000,
      host: { running: 'none', isActive: false, isHealthy: null, mainPid: before, fence: 100, isUntouched: true },
      installed: {
        releaseId: given.v1.releaseId,
        python: '3.11.2',
        platform: 'simulated',
        virtualenv: expect.stringMatching(/^[0-9a-f]{12}$/),
        isVirtualenvReused: false,
        packages: ['flask==1.0.0', 'pika==1.0.0', 'requests==1.0.0', 'uwsgi==1.0.0'],
        packagesSha256: sha256('flask==1.0.0\npika==1.0.0\nrequests==1.0.0\nuwsgi==1.0.0\n'),
      },
      checks: [
        { name: 'amqp:rabbitmq', isOk: true, detail: '10.0.0.7:5672 takes connections (simulated)' },
        { name: 'upstream:cart', isOk: true, detail: '10.0.0.5:8080 takes connections (simulated)' },
        { name: 'upstream:user', isOk: true, detail: '10.0.0.6:8080 takes connections (simulated)' },
      ],
    });
  });

  test('shares a virtualenv where the requirements are the same, and makes another where they are not', async () => {
    const other = await given.release(3, 'new-requirement');
    const first = await given.install(given.v1);
    const second = await given.install(given.v2);
    const third = await given.install(other);

    expect([second.installed?.isVirtualenvReused, third.installed?.isVirtualenvReused]).toEqual([true, false]);
    expect(second.installed?.virtualenv).toBe(first.installed?.virtualenv);
    expect(third.installed?.virtualenv).not.toBe(first.installed?.virtualenv);
  });

  test('takes the packages that it is given', async () => {
    const packages = 'flask==3.0.3\npika==1.3.2\n';
    given.objects.set('rollgate/payment/packages/x.txt', Buffer.from(packages));
    const constrained = { packagesKey: 'rollgate/payment/packages/x.txt', packagesSha256: sha256(packages) };

    const before = await given.install(given.v1);
    const report = await given.install(given.v1, {}, constrained);
    const again = await given.install(given.v1, {}, constrained);

    expect(report.installed?.virtualenv).not.toBe(before.installed?.virtualenv);
    expect([report.installed?.isVirtualenvReused, again.installed?.isVirtualenvReused]).toEqual([false, true]);
    expect(report.installed?.packages).toEqual(['flask==3.0.3', 'pika==1.3.2']);
    expect(report.installed?.packagesSha256).toBe(sha256(packages));
  });

  test('keeps the newest two releases, the running one and those that are named', async () => {
    await given.deploy(given.v1, {});
    const rest = [given.v2, await given.release(3), await given.release(4), await given.release(5)];
    for (const release of rest) await given.install(release, {}, { keep: given.v2.releaseId });

    const numbers = Object.values(given.host.state().releases).map((release) => release.number);
    expect(numbers.sort()).toEqual([1, 2, 4, 5]);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['a manifest that is not there', { manifestKey: 'rollgate/payment/releases/9.json' }, 'failed download-failed'],
    ['another manifest', { manifestSha256: 'a'.repeat(64) }, 'failed checksum-mismatch'],
    ['another release', { releaseId: 'v9-aaaaaaaaaaaa' }, 'failed checksum-mismatch'],
    ['packages that are not there', { packagesKey: 'x', packagesSha256: 'y' }, 'failed download-failed'],
  ])('with %s changes nothing', async (_what, more, expected) => {
    expect(line(await given.install(given.v1, {}, more))).toBe(`${expected} none inactive`);
    expect(given.host.state().releases).toEqual({});
  });

  test('of a zip that is not the one of the manifest changes nothing', async () => {
    given.objects.set('rollgate/payment/releases/1.zip', Buffer.from('other'));

    expect(line(await given.install(given.v1))).toBe('failed checksum-mismatch none inactive');
  });

  test('whose pip fails says what could not be built', async () => {
    const report = await given.install(await given.release(3, 'pip-fails'));

    expect(line(report)).toBe('failed pip-failed none inactive');
    expect(report.evidence?.pip?.[0]).toBe('fatal error: lber.h: No such file or directory');
    expect(diagnose({ report }).cause).toBe('pip-install-failed');
  });

  test('whose preflight fails tells it in the check of that upstream', async () => {
    given.faults.given('i-0a1', 'install', 'amqp-auth-failed');

    const report = await given.install(given.v1);

    expect(line(report)).toBe('failed amqp-auth-failed none inactive');
    expect(report.checks?.[0]).toEqual({
      name: 'amqp:rabbitmq',
      isOk: false,
      failure: 'amqp-auth-failed',
      detail: 'simulated: amqp-auth-failed',
    });
    expect(given.host.state().releases).toEqual({});
  });
});
