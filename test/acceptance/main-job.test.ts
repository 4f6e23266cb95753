import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys } from '../../ledger/keys.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { readRelease } from '../../ledger/release/releases.ts';
import { readSteps } from '../../ledger/rollout/host-steps.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import { clearFirewall, dropTraffic } from '../hosts/firewall.ts';
import { isHealthy, probeAvailability } from './availability-probe.ts';
import { filesBelow } from './files-below.ts';
import { type LocalStage, mainPid, on, startStage, whyNoHostTests } from './local-stage.ts';
import { pay } from './pay.ts';

const why = await whyNoHostTests();

/** Every encoding changes it, and so must quoting: shell, systemd, URLs, JSON, base64. */
const password = 'p@ss/w ö+rd&7';

/**
 * The main job on real hosts, told in order: each test starts where the one before it ended. One stage, three hosts.
 */
describe.runIf(why === undefined)('payment.zip on three systemd hosts', () => {
  let stage: LocalStage;
  const addresses = (): Record<string, string> =>
    Object.fromEntries(stage.hosts.map((host) => [host.name, host.addresses[0] ?? '']));
  const pids = (): Promise<readonly string[]> => Promise.all(stage.hosts.map(mainPid));
  const runningReleases = async (): Promise<readonly string[]> =>
    Promise.all(stage.hosts.map(async (host) => (await on(host, 'readlink', '/app/current')).replace('releases/', '')));

  beforeAll(async () => {
    stage = await startStage('test-main-job', { hostRoot: 'warm' });
    await stage.usePassword(password);
  });
  afterAll(async () => {
    await stage?.engine.stop();
  });

  it('the first upload becomes v1 on every host, answers OK and puts payments into RabbitMQ', async () => {
    const { outcome } = await stage.deploy('v1');

    expect(outcome).toMatchObject({
      status: 'Succeeded',
      reason: { text: 'v1 runs on 3 hosts and every one passed its gate' },
    });
    expect((await readState(stage.engine.ports)).stableHistory).toMatchObject([{ release: 1 }]);
    for (const host of stage.hosts) {
      expect(await on(host, 'systemctl', 'is-active', 'payment')).toBe('active');
      const before = await stage.orders();
      expect((await pay(host)).status).toBe(200);
      expect(await stage.orders()).toBe(before + 1);
    }
  });

  it('v2 rolls out one host at a time, never two not answering at once, and installs no package', async () => {
    const probe = probeAvailability(addresses());

    const { outcome, deploymentId } = await stage.deploy('v2');

    const rounds = await probe.stop();
    expect(outcome.status).toBe('Succeeded');
    expect(rounds.length).toBeGreaterThan(100);
    expect(rounds.filter((round) => round.silent.length > 1)).toEqual([]);
    expect(new Set(rounds.flatMap((round) => round.silent)).size).toBe(3);
    const steps = await readSteps(stage.engine.ports, deploymentId);
    const installed = steps.flatMap((step) => step.outcome?.report?.installed ?? []);
    expect(installed.map((report) => report.isVirtualenvReused)).toEqual([true, true, true]);
  });

  it('a version whose pip install fails ends FailedClean and touches no service', async () => {
    const before = await pids();

    const { outcome } = await stage.deploy('pip-fails');

    expect(outcome.status).toBe('FailedClean');
    expect(outcome.hosts.map((host) => host.diagnosis?.cause)).toEqual(Array(3).fill('pip-install-failed'));
    expect(await pids()).toEqual(before);
  });

  it('a wrong AMQP password is found before anything is touched', async () => {
    const before = await pids();
    await stage.withPassword('wrong', async () => {
      const { outcome } = await stage.run({ release: 'v2' });

      expect(outcome.status).toBe('FailedClean');
      expect(outcome.hosts[0]?.diagnosis?.cause).toBe('amqp-auth-failed');
    });
    expect(await pids()).toEqual(before);
  });

  it('a version that exits at its start stops at the first host, which goes straight back to v2', async () => {
    const before = await pids();
    const downloadsBefore = await stage.downloads();
    const first = stage.hosts[0]?.instanceId;

    const { outcome, deploymentId } = await stage.deploy('exits-at-start');

    expect(outcome.status).toBe('RolledBack');
    expect(outcome.hosts.map((host) => host.status)).toEqual(['reverted', 'untouched', 'untouched']);
    const steps = await readSteps(stage.engine.ports, deploymentId, first);
    const taken = steps.toSorted((one, other) => one.intent.at.localeCompare(other.intent.at));
    expect(taken.map(({ intent }) => intent.action)).toEqual([
      ...['install', 'activate', 'verify', 'revert', 'verifyRevert'],
    ]);
    // Of the new release each host has downloaded manifest and zip, and nothing more for the way back.
    expect(await stage.downloads()).toBe(downloadsBefore + 2 * stage.hosts.length);
    const after = await pids();
    expect(after.slice(1)).toEqual(before.slice(1));
    expect((await runningReleases()).every((id) => id.startsWith('v2-'))).toBe(true);
    for (const address of Object.values(addresses())) expect(await isHealthy(address)).toBe(true);
  });

  it('a rollback brings v1 back without any download: registries out of reach, zips gone from the ledger', async () => {
    const downloadsBefore = await stage.downloads();
    const { artifacts, ledger } = stage.engine.ports;
    for (const number of [1, 2]) await ledger.remove(keys.zip('payment', number));
    for (const host of stage.hosts) {
      await on(host, 'rm', '--recursive', '/var/lib/rollgate/payment/downloads');
      await dropTraffic(host as SystemdHost, { port: 443 });
    }

    const { outcome } = await stage.run({ rollback: true });

    for (const host of stage.hosts) await clearFirewall(host as SystemdHost);
    expect(outcome).toMatchObject({ status: 'Succeeded' });
    expect((await runningReleases()).every((id) => id.startsWith('v1-'))).toBe(true);
    expect(await stage.downloads()).toBe(downloadsBefore);
    for (const number of [1, 2]) {
      const { manifest } = await readRelease(stage.engine.ports, number);
      await artifacts.copyToLedger(manifest.artifact.versionId, manifest.zipKey);
    }
  });

  it('a second rollback is refused with the releases there are', async () => {
    const { outcome } = await stage.run({ rollback: true });

    expect(outcome).toMatchObject({
      status: 'FailedClean',
      errorName: 'InvalidDeploymentError',
      reason: {
        text: 'rollback: v1 was reached by a rollback already; name the release to go to, one of v1, v2: rollgate rollback --to v2',
      },
    });
  });

  it('the same input again changes nothing and succeeds', async () => {
    const before = await pids();

    const { outcome } = await stage.run({ release: 'v1' });

    expect(outcome.status).toBe('Succeeded');
    expect(await pids()).toEqual(before);
  });

  it('a payment of 3 s that is in flight when activation begins is answered and its order is queued', async () => {
    const host = stage.hosts[0];
    if (host === undefined) throw new Error('no host');
    const ordersBefore = await stage.orders();
    const deployed = stage.run({ release: 'v2' });
    let isOver = false;
    const paying = (async () => {
      const payments: { readonly begunAt: number; readonly endedAt: number; readonly status: number }[] = [];
      while (!isOver) {
        const begunAt = Date.now();
        const { status } = await pay(host, 3);
        payments.push({ begunAt, endedAt: Date.now(), status });
        if (status !== 200) await pause(200);
      }
      return payments;
    })();

    const { outcome, deploymentId } = await deployed;
    isOver = true;
    const payments = await paying;

    expect(outcome.status).toBe('Succeeded');
    const steps = await readSteps(stage.engine.ports, deploymentId, host.instanceId);
    const activatedAt = Date.parse(steps.find((step) => step.intent.action === 'activate')?.intent.at ?? '');
    const inFlight = payments.filter((payment) => payment.begunAt < activatedAt && payment.endedAt > activatedAt);
    expect(inFlight.map((payment) => payment.status)).toEqual([200]);
    const paid = payments.filter((payment) => payment.status === 200).length;
    expect(await stage.orders()).toBeGreaterThanOrEqual(ordersBefore + paid);
  });

  it('the password, raw, URL-encoded or base64, is in no ledger file, command, execution or log', async () => {
    const { outcome } = await stage.deploy('prints-secret');
    expect(outcome.status).toBe('RolledBack');

    const spellings = [password, encodeURIComponent(password), ...base64Cores(password)];
    const leaks: string[] = [];
    let redacted = 0;
    for await (const file of filesBelow(stage.directory, ['hosts', 'roots', 'parameters.json'])) {
      if (spellings.some((spelling) => file.text.includes(spelling))) leaks.push(file.path);
      if (file.text.includes('[redacted AMQP_PASS]')) redacted++;
    }
    expect(leaks).toEqual([]);
    // The service did print it, and the host took it out.
    expect(redacted).toBeGreaterThan(0);
  });
});

/** What every base64 text that holds these bytes holds, whatever stands before them. */
function base64Cores(text: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
    return encoded.slice(before === 0 ? 0 : 4, -4);
  });
}
