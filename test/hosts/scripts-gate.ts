import { expect, test } from 'vitest';
import type { HostConfiguration } from '../../core/model/release-manifest.ts';
import { clearFirewall, dropTraffic } from './firewall.ts';
import { limitMemory } from './limit-memory.ts';
import {
  type Change,
  deploy,
  givenGoodRelease,
  mustBeDone,
  newRelease,
  runningVersion,
  type ScriptsKit,
  sample,
  shell,
  version,
} from './scripts-kit.ts';
import { newDeploymentId, type Run } from './scripts-lab.ts';

type Health = HostConfiguration['health'];

interface Failed {
  readonly verify: Run;
  readonly deploymentId: string;
  readonly releaseId: string;
}

/** Brings a bad variant to a host on which a good one runs, up to the gate that it fails. */
async function failAtGate(
  kit: ScriptsKit,
  variant: string,
  {
    stableSeconds = 2,
    deadlineSeconds = stableSeconds + 4,
  }: Partial<Pick<Health, 'stableSeconds' | 'deadlineSeconds'>> = {},
): Promise<Failed> {
  const { host, lab } = kit;
  const release = await newRelease(kit, sample(variant), (base) => ({
    ...base,
    health: { ...base.health, stableSeconds, deadlineSeconds },
  }));
  const deploymentId = newDeploymentId();
  mustBeDone(await lab.install(host, deploymentId, release));
  mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
  const verify = await lab.verify(host, deploymentId, release.releaseId);
  expect([verify.code, verify.report?.outcome]).toEqual([10, 'failed']);
  return { verify, deploymentId, releaseId: release.releaseId };
}

function failedChecks(run: Run): (string | undefined)[][] {
  return (run.report?.checks ?? []).filter((check) => !check.isOk).map((check) => [check.name, check.failure]);
}

export function gateTests(given: () => ScriptsKit): void {
  test('an import error fails it with the traceback, and neither it nor the revert waits for the deadline', async () => {
    const kit = given();
    const { host, lab } = kit;
    await givenGoodRelease(kit);

    const deadlineSeconds = 60;

    const { verify, deploymentId } = await failAtGate(kit, 'import-error', { deadlineSeconds });
    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    const again = mustBeDone(await lab.verify(host, deploymentId, 'previous'));

    expect(verify.report?.failure).toBe('not-stable');
    expect(verify.seconds).toBeLessThan(deadlineSeconds);
    expect(verify.report?.evidence?.systemd).toMatchObject({ ExecMainStatus: '22' });
    expect(verify.report?.evidence?.journal?.join('\n')).toContain('ModuleNotFoundError');
    expect(revert.report?.host.running).toBe(again.report?.host.previous);
    expect(revert.seconds + again.seconds).toBeLessThan(deadlineSeconds);
    expect(await runningVersion(host)).toBe('good');
  });

  test('a process that exits at once fails it', async () => {
    const kit = given();

    const { verify } = await failAtGate(kit, 'exits-at-start');

    expect(verify.report?.failure).toBe('not-stable');
    // On a busy machine systemd may have started it once more when the gate looks: then it is active, and another process.
    expect(failedChecks(verify)).toContainEqual(['stable', 'not-stable']);
  });

  test('an answer of 500 fails it, with status and body', async () => {
    const kit = given();

    const { verify } = await failAtGate(kit, 'answers-500');

    expect(verify.report?.failure).toBe('http-failed');
    expect(failedChecks(verify)).toEqual([['http', 'http-failed']]);
    expect(verify.report?.evidence?.http).toMatchObject({ status: 500 });
    expect(verify.report?.host).toMatchObject({ isActive: true, isHealthy: false });
  });

  test('an answer of 500 where HTTP only reports is told, and fails nothing', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await newRelease(kit, sample('answers-500'), (base) => ({
      ...base,
      health: { ...base.health, stableSeconds: 2, deadlineSeconds: 6, reportOnly: ['http', 'workers'] },
    }));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));

    const { report } = mustBeDone(await lab.verify(host, deploymentId, release.releaseId));

    const told = (report?.checks ?? []).filter((check) => check.isReportOnly === true);
    expect(told.map(({ name, isOk, failure }) => [name, isOk, failure])).toEqual([
      ['http', false, 'http-failed'],
      ['workers', true, undefined],
    ]);
    expect(told[0]?.detail).toMatch(/answered 500, not 200 \(asked \d+ times\)$/);
    expect(report?.host).toMatchObject({ isActive: true, isHealthy: false, running: release.releaseId });
  });

  test('an upstream that only reports is asked before staging and by the gate, and holds nothing up', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await newRelease(kit, sample(), (base) => ({
      ...base,
      health: { ...base.health, stableSeconds: 2, reportOnly: ['upstream:nobody'] },
      upstreams: [
        ...base.upstreams,
        { name: 'nobody', kind: 'tcp', host: '127.0.0.1', port: 9, variable: 'NOBODY_HOST', source: 'literal' },
      ],
    }));
    const deploymentId = newDeploymentId();

    const install = mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    const verify = mustBeDone(await lab.verify(host, deploymentId, release.releaseId));

    for (const { report } of [install, verify]) {
      expect(report?.checks?.find((check) => check.name === 'upstream:nobody')).toMatchObject({
        isOk: false,
        failure: 'upstream-refused',
        isReportOnly: true,
      });
    }
  });

  test('a check that decides fails it beside one that only reports', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await newRelease(kit, sample('worker-dies-after-4s'), (base) => ({
      ...base,
      health: { ...base.health, stableSeconds: 15, deadlineSeconds: 20, reportOnly: ['http', 'stable'] },
    }));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));

    const verify = await lab.verify(host, deploymentId, release.releaseId);

    expect([verify.code, verify.report?.failure]).toEqual([10, 'worker-deaths']);
  });

  test('a process that dies after 8 s fails it where 20 s are asked for', async () => {
    const kit = given();

    const deadlineSeconds = 60;

    const { verify } = await failAtGate(kit, 'dies-after-8s', { stableSeconds: 20, deadlineSeconds });

    expect(['not-stable', 'not-active']).toContain(verify.report?.failure);
    expect(verify.seconds).toBeLessThan(deadlineSeconds);
  });

  test('workers that die under a living master fail it', async () => {
    const kit = given();

    const { verify } = await failAtGate(kit, 'worker-dies-after-4s', { stableSeconds: 15 });

    expect(verify.report?.failure).toBe('worker-deaths');
  });

  test('a secret in a traceback reaches neither stdout nor stderr nor a receipt', async () => {
    const kit = given();
    const { lab, host } = kit;

    const { verify } = await failAtGate(kit, 'prints-secret');

    const receipts = await shell(host, 'cat /var/lib/rollgate/payment/receipts/*');
    expect(await shell(host, 'journalctl --unit=payment --output=cat')).toContain(lab.password.trim());
    expect(verify.report?.evidence?.journal?.join('\n')).toContain('[redacted AMQP_PASS]');
    const spellings = [
      lab.password.trim(),
      encodeURIComponent(lab.password.trim()),
      Buffer.from(lab.password).toString('base64').slice(0, 40),
      Buffer.from(`roboshop:${lab.password}`).toString('base64').slice(12, 60),
      // What the password holds and nothing else does: its random end.
      lab.password.trim().slice(-8),
    ];
    for (const spelling of spellings) {
      expect(verify.stdout + verify.stderr + receipts).not.toContain(spelling);
    }
  });

  test('an upstream that nobody answers at is named with its variable', async () => {
    const kit = given();
    const { lab, host } = kit;
    const { releaseId } = await givenGoodRelease(kit);
    const deploymentId = newDeploymentId();
    await dropTraffic(host, { address: lab.broker.address, port: lab.broker.port });

    const run = await lab.verify(host, deploymentId, releaseId);
    await clearFirewall(host);

    expect(run.report?.failure).toBe('upstream-unreachable');
    expect(failedChecks(run)).toEqual([['amqp:rabbitmq', 'upstream-unreachable']]);
    expect(run.report?.checks?.[0]?.detail).toContain('AMQP_HOST');
  });

  test('a process that the kernel kills for memory fails it, and is told from other crashes', async () => {
    const kit = given();
    const { lab, host } = kit;
    await givenGoodRelease(kit);
    const short: Change = (base) => ({ ...base, health: { ...base.health, deadlineSeconds: 8 } });
    const greedy = await newRelease(kit, sample(undefined, version('" + ("x" * (700 << 20))[:1] + "')), short);
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, greedy));
    await limitMemory(host.cgroup, 400 << 20);
    mustBeDone(await lab.activate(host, deploymentId, greedy.releaseId));

    const run = await lab.verify(host, deploymentId, greedy.releaseId);
    await limitMemory(host.cgroup, undefined);

    expect(run.report).toMatchObject({ outcome: 'failed', failure: 'out-of-memory' });
    expect(run.report?.evidence?.oomKills).toBeGreaterThan(0);
  });

  test('a line of the journal that is known to be bad fails it, and only from this start on', async () => {
    const kit = given();
    const { lab, host } = kit;
    const noisy = version('noisy" + __import__("os").write(2, b"pika: Connection refused\\n").__class__.__name__ + "');
    const bad = await newRelease(kit, sample(undefined, noisy));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, bad));
    mustBeDone(await lab.activate(host, deploymentId, bad.releaseId));

    const failed = await lab.verify(host, deploymentId, bad.releaseId);
    const { verify } = await deploy(kit, sample());

    expect(failed.report?.failure).toBe('journal-pattern');
    expect(failedChecks(failed)).toEqual([['journal', 'journal-pattern']]);
    expect(verify.report?.outcome).toBe('done');
  });

  test('no line of the journal fails it where no pattern is known to be bad', async () => {
    const { verify } = await deploy(given(), sample(), (base) => ({
      ...base,
      health: { ...base.health, journalPatterns: [] },
    }));

    expect(verify.report?.outcome).toBe('done');
  });
}
