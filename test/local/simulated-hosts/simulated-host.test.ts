import { beforeEach, describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis/diagnose.ts';
import { freshState } from '../../../local/simulated-hosts/simulated-state.ts';
import { type GivenSimulatedHost, givenSimulatedHost, line } from './given-simulated-host.ts';

let given: GivenSimulatedHost;

beforeEach(async () => {
  given = await givenSimulatedHost();
});

describe('activate and verify', () => {
  test('make a host run a release', async () => {
    await given.install(given.v1);

    const activated = await given.activate(given.v1.releaseId);
    const verified = await given.verify(given.v1.releaseId);

    expect([line(activated), line(verified)]).toEqual([
      `done ${given.v1.releaseId} active`,
      `done ${given.v1.releaseId} active`,
    ]);
    expect([activated.host.previous, verified.host.isHealthy]).toEqual(['none', true]);
    expect(verified.checks?.map((check) => check.name)).toEqual([
      'active',
      'amqp:rabbitmq',
      'http',
      'journal',
      'stable',
      'upstream:cart',
      'upstream:user',
      'workers',
    ]);
  });

  test('of what runs already and is well restarts nothing', async () => {
    await given.deploy(given.v1, {});
    const before = given.host.state().mainPid;

    const report = await given.activate(given.v1.releaseId, { deploymentId: 'd-2' });

    expect([report.message, report.host.mainPid]).toEqual([
      `the host runs ${given.v1.releaseId} already: it was not restarted`,
      before,
    ]);
  });

  test('of a release that was never installed change nothing', async () => {
    expect(line(await given.activate(given.v1.releaseId))).toBe('failed release-missing none inactive');
    expect(line(await given.verify(given.v1.releaseId))).toBe('failed release-missing none inactive');
  });

  test.each([
    ['import-error', 'not-stable', ['active', 'http', 'stable'], false],
    ['exits-at-start', 'not-stable', ['active', 'http', 'stable'], false],
    ['answers-500', 'http-failed', ['http'], true],
    ['dies-after-8s', 'not-stable', ['active', 'http', 'stable'], false],
    ['worker-dies-after-4s', 'worker-deaths', ['workers'], true],
  ])('find out the variant %s', async (variant, failure, failing, isActive) => {
    const bad = await given.release(3, variant);
    await given.install(bad);
    await given.activate(bad.releaseId);

    const report = await given.verify(bad.releaseId);

    expect([report.outcome, report.failure, report.host.isActive]).toEqual(['failed', failure, isActive]);
    expect(report.checks?.filter((check) => !check.isOk).map((check) => check.name)).toEqual(failing);
    expect(report.evidence?.systemd).toBeDefined();
  });

  test.each([
    ['import-error', 'app-load-failed'],
    ['prints-secret', 'app-load-failed'],
    ['exits-at-start', 'crash-loop'],
    ['answers-500', 'http-unhealthy'],
    ['slow-health', 'http-unhealthy'],
    ['dies-after-8s', 'crash-loop'],
    ['worker-dies-after-4s', 'worker-deaths'],
  ])('give the diagnosis what it needs to tell the variant %s', async (variant, cause) => {
    const bad = await given.release(3, variant);
    await given.install(bad);
    await given.activate(bad.releaseId);

    expect(diagnose({ report: await given.verify(bad.releaseId) }).cause).toBe(cause);
  });

  test('of `previous` go back to the last release that passed here, not to a broken one', async () => {
    await given.deploy(given.v1, { deploymentId: 'd-1' });
    const bad = await given.release(3, 'import-error');
    await given.install(bad, { deploymentId: 'd-2' });
    await given.activate(bad.releaseId, { deploymentId: 'd-2' });
    await given.install(given.v2, { deploymentId: 'd-3' });
    await given.activate(given.v2.releaseId, { deploymentId: 'd-3' });

    const reverted = await given.activate('previous', { deploymentId: 'd-3' });
    const verified = await given.verify('previous', { deploymentId: 'd-3' });

    expect([line(reverted), reverted.host.previous]).toEqual([`done ${given.v1.releaseId} active`, given.v1.releaseId]);
    expect(line(verified)).toBe(`done ${given.v1.releaseId} active`);
  });

  test('of `previous` bring back what was set up by hand', async () => {
    given.start({ state: freshState('v0') });
    await given.install(given.v1);
    await given.activate(given.v1.releaseId);

    const reverted = await given.activate('previous');

    expect([line(reverted), line(await given.verify('previous'))]).toEqual(['done v0 active', 'done v0 active']);
  });

  test('of `previous` stop the service where nothing ran before', async () => {
    await given.install(given.v1);
    await given.activate(given.v1.releaseId);

    expect(line(await given.activate('previous'))).toBe('done none inactive');
    expect(line(await given.verify('previous'))).toBe('done none inactive');
  });

  test('tell a service that died after it had passed', async () => {
    const bad = await given.release(3, 'dies-after-8s');
    given.start({
      inspect: async () => ({ requirements: [], behaviour: { kind: 'dies', afterSeconds: 20 } }),
    });
    await given.install(bad);
    await given.activate(bad.releaseId);
    const first = await given.verify(bad.releaseId);
    await given.time.advance(20);

    expect([first.outcome, (await given.verify(bad.releaseId)).outcome]).toEqual(['done', 'failed']);
  });
});

describe('a command', () => {
  test('that is repeated is answered with the first report, whatever has happened since', async () => {
    const told = { key: 'a'.repeat(32) };
    await given.install(given.v1);
    const first = await given.activate(given.v1.releaseId, told);
    await given.settle({ fence: 200 });

    const again = await given.activate(given.v1.releaseId, { ...told, fence: 100 });

    expect(again).toEqual({ ...first, replayed: true });
  });

  test('with a lower fence is refused and changes nothing', async () => {
    await given.install(given.v1);
    await given.settle({ fence: 200 });
    const before = given.host.state();

    const report = await given.activate(given.v1.releaseId, { fence: 199 });

    expect([line(report), report.message, report.host.fence]).toEqual([
      'refused fence-refused none inactive',
      'fence 199 is older than 200, which this host has acknowledged',
      200,
    ]);
    expect(given.host.state()).toEqual(before);
  });

  test('that comes late is refused, and may be sent again', async () => {
    await given.install(given.v1);
    const told = { key: 'b'.repeat(32), notAfter: given.time.now() / 1_000 + 30 };
    await given.time.advance(91);

    const late = await given.activate(given.v1.releaseId, told);
    const again = await given.activate(given.v1.releaseId, { ...told, notAfter: given.time.now() / 1_000 });

    expect([line(late), late.message]).toEqual([
      'refused late-refused none inactive',
      'the command is 61 s late, so nothing was done',
    ]);
    expect(line(again)).toBe(`done ${given.v1.releaseId} active`);
  });
});

test('commands of one host run one after another', async () => {
  given.start({
    paceMilliseconds: { install: 5_000, settle: 1_000 },
  });
  const order: string[] = [];
  const first = given.install(given.v1).then(() => void order.push('install'));
  const second = given.settle().then(() => void order.push('settle'));
  await given.time.advance(5);
  await first;
  await given.time.advance(1);
  await second;

  expect(order).toEqual(['install', 'settle']);
});

test('a host that comes up again starts what was enabled', async () => {
  await given.deploy(given.v1, {});
  const before = given.host.state().mainPid;
  given.host.powerOff();
  const whileOff = await given.host.run('settle', given.common({}));
  given.host.powerOn();

  expect(whileOff).toEqual({ kind: 'lost' });
  expect([given.host.state().isActive, given.host.state().mainPid > before]).toEqual([true, true]);
  expect((await given.verify(given.v1.releaseId)).outcome).toBe('done');
});
