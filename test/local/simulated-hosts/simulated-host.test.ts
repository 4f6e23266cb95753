import { beforeEach, describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis.ts';
import type { HostReport } from '../../../core/host-report.ts';
import type { DocumentKind } from '../../../core/statuses.ts';
import {
  createSimulatedFaultQueue,
  type SimulatedFaultQueue,
} from '../../../local/simulated-hosts/simulated-faults.ts';
import { createSimulatedHost, type SimulatedHost } from '../../../local/simulated-hosts/simulated-host.ts';
import { freshState } from '../../../local/simulated-hosts/simulated-state.ts';
import { createManualTime } from '../run-command/manual-time.ts';
import { sampleRelease, sha256 } from './sample-artifact.ts';

type Release = Awaited<ReturnType<typeof sampleRelease>>;

let time: ReturnType<typeof createManualTime>;
let faults: SimulatedFaultQueue;
let objects: Map<string, Uint8Array>;
let host: SimulatedHost;
let keys: number;
let v1: Release;
let v2: Release;

beforeEach(async () => {
  time = createManualTime();
  faults = createSimulatedFaultQueue();
  objects = new Map();
  keys = 0;
  v1 = await given(1);
  v2 = await given(2, 'v2');
  host = create();
});

function create(running: 'none' | 'v0' = 'none'): SimulatedHost {
  return createSimulatedHost({
    instanceId: 'i-0a1',
    clock: time,
    readObject: async (key) => objects.get(key),
    faults,
    state: freshState(running),
  });
}

async function given(number: number, variant = ''): Promise<Release> {
  const release = await sampleRelease(number, variant);
  for (const [key, bytes] of release.objects) objects.set(key, bytes);
  return release;
}

interface Told {
  readonly deploymentId?: string;
  readonly fence?: number;
  readonly key?: string;
  readonly notAfter?: number;
}

function common(told: Told) {
  keys += 1;
  return {
    service: 'payment',
    deploymentId: told.deploymentId ?? 'd-1',
    key: told.key ?? String(keys).padStart(32, '0'),
    fence: String(told.fence ?? 100),
    notAfter: String(told.notAfter ?? time.now() / 1_000 + 60),
  };
}

async function run(kind: DocumentKind, parameters: Readonly<Record<string, string>>): Promise<HostReport> {
  const ended = await host.run(kind, parameters);
  if (ended.kind !== 'reported') throw new Error(ended.kind);
  return ended.report;
}

const install = (release: Release, told: Told = {}, more: Readonly<Record<string, string>> = {}) =>
  run('install', { ...common(told), ...release.parameters, ...more });
const activate = (releaseId: string, told: Told = {}) => run('activate', { ...common(told), releaseId });
const verify = (releaseId: string, told: Told = {}) => run('verify', { ...common(told), releaseId });
const settle = (told: Told = {}) => run('settle', common(told));

/** Brings the host to a release that passed its gate. */
async function deploy(release: Release, told: Told): Promise<void> {
  await install(release, told);
  await activate(release.releaseId, told);
  await verify(release.releaseId, told);
}

function line(report: HostReport): string {
  const { outcome, failure, replayed, host: seen } = report;
  return [outcome, failure ?? '', replayed ? 'again' : '', seen.running, seen.isActive ? 'active' : 'inactive']
    .filter((word) => word !== '')
    .join(' ');
}

describe('install', () => {
  test('puts a release beside what runs and touches nothing', async () => {
    const before = host.state().mainPid;

    const report = await install(v1);

    expect(report).toEqual({
      schema: 1,
      script: 'install',
      service: 'payment',
      deploymentId: 'd-1',
      key: '00000000000000000000000000000001',
      fence: 100,
      outcome: 'done',
      replayed: false,
      message: `${v1.releaseId} is on the host; none runs on`,
      startedAtSeconds: time.now() / 1_000,
      finishedAtSeconds: time.now() / 1_000,
      host: { running: 'none', isActive: false, isHealthy: null, mainPid: before, fence: 100, isUntouched: true },
      installed: {
        releaseId: v1.releaseId,
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
      ],
    });
  });

  test('shares a virtualenv where the requirements are the same, and makes another where they are not', async () => {
    const other = await given(3, 'new-requirement');
    const first = await install(v1);
    const second = await install(v2);
    const third = await install(other);

    expect([second.installed?.isVirtualenvReused, third.installed?.isVirtualenvReused]).toEqual([true, false]);
    expect(second.installed?.virtualenv).toBe(first.installed?.virtualenv);
    expect(third.installed?.virtualenv).not.toBe(first.installed?.virtualenv);
  });

  test('takes the packages that it is given', async () => {
    const packages = 'flask==3.0.3\npika==1.3.2\n';
    objects.set('rollgate/payment/packages/x.txt', Buffer.from(packages));
    const constrained = { packagesKey: 'rollgate/payment/packages/x.txt', packagesSha256: sha256(packages) };

    const before = await install(v1);
    const report = await install(v1, {}, constrained);
    const again = await install(v1, {}, constrained);

    expect(report.installed?.virtualenv).not.toBe(before.installed?.virtualenv);
    expect([report.installed?.isVirtualenvReused, again.installed?.isVirtualenvReused]).toEqual([false, true]);
    expect(report.installed?.packages).toEqual(['flask==3.0.3', 'pika==1.3.2']);
    expect(report.installed?.packagesSha256).toBe(sha256(packages));
  });

  test('keeps the newest two releases, the running one and those that are named', async () => {
    await deploy(v1, {});
    const rest = [v2, await given(3), await given(4), await given(5)];
    for (const release of rest) await install(release, {}, { keep: v2.releaseId });

    const numbers = Object.values(host.state().releases).map((release) => release.number);
    expect(numbers.sort()).toEqual([1, 2, 4, 5]);
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['a manifest that is not there', { manifestKey: 'rollgate/payment/releases/9.json' }, 'failed download-failed'],
    ['another manifest', { manifestSha256: 'a'.repeat(64) }, 'failed checksum-mismatch'],
    ['another release', { releaseId: 'v9-aaaaaaaaaaaa' }, 'failed checksum-mismatch'],
    ['packages that are not there', { packagesKey: 'x', packagesSha256: 'y' }, 'failed download-failed'],
  ])('with %s changes nothing', async (_what, more, expected) => {
    expect(line(await install(v1, {}, more))).toBe(`${expected} none inactive`);
    expect(host.state().releases).toEqual({});
  });

  test('of a zip that is not the one of the manifest changes nothing', async () => {
    objects.set('rollgate/payment/releases/1.zip', Buffer.from('other'));

    expect(line(await install(v1))).toBe('failed checksum-mismatch none inactive');
  });

  test('whose pip fails says what could not be built', async () => {
    const report = await install(await given(3, 'pip-fails'));

    expect(line(report)).toBe('failed pip-failed none inactive');
    expect(report.evidence?.pip?.[0]).toBe('fatal error: lber.h: No such file or directory');
    expect(diagnose({ report }).cause).toBe('pip-install-failed');
  });

  test('whose preflight fails tells it in the check of that upstream', async () => {
    faults.given('i-0a1', 'install', 'amqp-auth-failed');

    const report = await install(v1);

    expect(line(report)).toBe('failed amqp-auth-failed none inactive');
    expect(report.checks?.[0]).toEqual({
      name: 'amqp:rabbitmq',
      isOk: false,
      failure: 'amqp-auth-failed',
      detail: 'simulated: amqp-auth-failed',
    });
    expect(host.state().releases).toEqual({});
  });
});

describe('activate and verify', () => {
  test('make a host run a release', async () => {
    await install(v1);

    const activated = await activate(v1.releaseId);
    const verified = await verify(v1.releaseId);

    expect([line(activated), line(verified)]).toEqual([`done ${v1.releaseId} active`, `done ${v1.releaseId} active`]);
    expect([activated.host.previous, verified.host.isHealthy]).toEqual(['none', true]);
    expect(verified.checks?.map((check) => check.name)).toEqual([
      'active',
      'amqp:rabbitmq',
      'http',
      'journal',
      'stable',
      'upstream:cart',
      'workers',
    ]);
  });

  test('of what runs already and is well restarts nothing', async () => {
    await deploy(v1, {});
    const before = host.state().mainPid;

    const report = await activate(v1.releaseId, { deploymentId: 'd-2' });

    expect([report.message, report.host.mainPid]).toEqual([
      `the host runs ${v1.releaseId} already: it was not restarted`,
      before,
    ]);
  });

  test('of a release that was never installed change nothing', async () => {
    expect(line(await activate(v1.releaseId))).toBe('failed release-missing none inactive');
    expect(line(await verify(v1.releaseId))).toBe('failed release-missing none inactive');
  });

  test.each([
    ['import-error', 'not-stable', ['active', 'http', 'stable'], false],
    ['exits-at-start', 'not-stable', ['active', 'http', 'stable'], false],
    ['answers-500', 'http-failed', ['http'], true],
    ['dies-after-8s', 'not-stable', ['active', 'http', 'stable'], false],
    ['worker-dies-after-4s', 'worker-deaths', ['workers'], true],
  ])('find out the variant %s', async (variant, failure, failing, isActive) => {
    const bad = await given(3, variant);
    await install(bad);
    await activate(bad.releaseId);

    const report = await verify(bad.releaseId);

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
    const bad = await given(3, variant);
    await install(bad);
    await activate(bad.releaseId);

    expect(diagnose({ report: await verify(bad.releaseId) }).cause).toBe(cause);
  });

  test('of `previous` go back to the last release that passed here, not to a broken one', async () => {
    await deploy(v1, { deploymentId: 'd-1' });
    const bad = await given(3, 'import-error');
    await install(bad, { deploymentId: 'd-2' });
    await activate(bad.releaseId, { deploymentId: 'd-2' });
    await install(v2, { deploymentId: 'd-3' });
    await activate(v2.releaseId, { deploymentId: 'd-3' });

    const reverted = await activate('previous', { deploymentId: 'd-3' });
    const verified = await verify('previous', { deploymentId: 'd-3' });

    expect([line(reverted), reverted.host.previous]).toEqual([`done ${v1.releaseId} active`, v1.releaseId]);
    expect(line(verified)).toBe(`done ${v1.releaseId} active`);
  });

  test('of `previous` bring back what was set up by hand', async () => {
    host = create('v0');
    await install(v1);
    await activate(v1.releaseId);

    const reverted = await activate('previous');

    expect([line(reverted), line(await verify('previous'))]).toEqual(['done v0 active', 'done v0 active']);
  });

  test('of `previous` stop the service where nothing ran before', async () => {
    await install(v1);
    await activate(v1.releaseId);

    expect(line(await activate('previous'))).toBe('done none inactive');
    expect(line(await verify('previous'))).toBe('done none inactive');
  });

  test('tell a service that died after it had passed', async () => {
    const bad = await given(3, 'dies-after-8s');
    host = createSimulatedHost({
      instanceId: 'i-0a1',
      clock: time,
      readObject: async (key) => objects.get(key),
      inspect: async () => ({ requirements: [], behaviour: { kind: 'dies', afterSeconds: 20 } }),
    });
    await install(bad);
    await activate(bad.releaseId);
    const first = await verify(bad.releaseId);
    await time.advance(20);

    expect([first.outcome, (await verify(bad.releaseId)).outcome]).toEqual(['done', 'failed']);
  });
});

describe('a command', () => {
  test('that is repeated is answered with the first report, whatever has happened since', async () => {
    const told = { key: 'a'.repeat(32) };
    await install(v1);
    const first = await activate(v1.releaseId, told);
    await settle({ fence: 200 });

    const again = await activate(v1.releaseId, { ...told, fence: 100 });

    expect(again).toEqual({ ...first, replayed: true });
  });

  test('with a lower fence is refused and changes nothing', async () => {
    await install(v1);
    await settle({ fence: 200 });
    const before = host.state();

    const report = await activate(v1.releaseId, { fence: 199 });

    expect([line(report), report.message, report.host.fence]).toEqual([
      'refused fence-refused none inactive',
      'fence 199 is older than 200, which this host has acknowledged',
      200,
    ]);
    expect(host.state()).toEqual(before);
  });

  test('that comes late is refused, and may be sent again', async () => {
    await install(v1);
    const told = { key: 'b'.repeat(32), notAfter: time.now() / 1_000 + 30 };
    await time.advance(91);

    const late = await activate(v1.releaseId, told);
    const again = await activate(v1.releaseId, { ...told, notAfter: time.now() / 1_000 });

    expect([line(late), late.message]).toEqual([
      'refused late-refused none inactive',
      'the command is 61 s late, so nothing was done',
    ]);
    expect(line(again)).toBe(`done ${v1.releaseId} active`);
  });
});

describe('faults', () => {
  test('strike the action they are meant for, once', async () => {
    faults.given('i-0a1', 'revert', 'start-failed');
    faults.given('i-0b2', 'activate', 'start-failed');
    await install(v1);
    const activated = await activate(v1.releaseId);
    const reverted = await activate('previous');
    const again = await activate('previous');

    expect([line(activated), line(reverted), line(again)]).toEqual([
      `done ${v1.releaseId} active`,
      'failed start-failed none inactive',
      'done none inactive',
    ]);
    expect(faults.pending()).toBe(1);
  });

  test('of the gate fail the check that tells of them', async () => {
    await install(v1);
    await activate(v1.releaseId);
    faults.given('i-0a1', 'verify', 'http-failed', 2);

    const failing = [await verify(v1.releaseId), await verify(v1.releaseId)];

    for (const report of failing) {
      expect(report.failure).toBe('http-failed');
      expect(report.checks?.filter((check) => !check.isOk).map((check) => check.name)).toEqual(['http']);
    }
    expect((await verify(v1.releaseId)).outcome).toBe('done');
  });

  test.each([
    ['offline', 'lost', 'none', false],
    ['offline-after', 'lost', 'v1', false],
    ['lost-command', 'lost', 'none', true],
    ['lost-result', 'lost', 'v1', true],
    ['timed-out', 'timed-out', 'none', true],
    ['no-report', 'no-report', 'v1', true],
  ] as const)('%s keeps the report from coming', async (fault, kind, running, isOn) => {
    await install(v1);
    faults.given('i-0a1', 'activate', fault);

    const ended = await host.run('activate', { ...common({}), releaseId: v1.releaseId });

    expect(ended).toEqual({ kind });
    expect([host.state().running.split('-')[0], host.isRunning()]).toEqual([running, isOn]);
  });

  test('of the script itself are not kept as an answer', async () => {
    await install(v1);
    faults.given('i-0a1', 'activate', 'internal');
    const told = { key: 'c'.repeat(32) };

    const reports = [await activate(v1.releaseId, told), await activate(v1.releaseId, told)];

    expect(reports.map(line)).toEqual(['failed internal none inactive', `done ${v1.releaseId} active`]);
  });
});

test('commands of one host run one after another', async () => {
  host = createSimulatedHost({
    instanceId: 'i-0a1',
    clock: time,
    readObject: async (key) => objects.get(key),
    paceMilliseconds: { install: 5_000, settle: 1_000 },
  });
  const order: string[] = [];
  const first = install(v1).then(() => void order.push('install'));
  const second = settle().then(() => void order.push('settle'));
  await time.advance(5);
  await first;
  await time.advance(1);
  await second;

  expect(order).toEqual(['install', 'settle']);
});

test('a host that comes up again starts what was enabled', async () => {
  await deploy(v1, {});
  const before = host.state().mainPid;
  host.powerOff();
  const whileOff = await host.run('settle', common({}));
  host.powerOn();

  expect(whileOff).toEqual({ kind: 'lost' });
  expect([host.state().isActive, host.state().mainPid > before]).toEqual([true, true]);
  expect((await verify(v1.releaseId)).outcome).toBe('done');
});
