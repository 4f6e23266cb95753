import { describe, expect, it } from 'vitest';
import type { DeploymentRecord } from '../../core/model/deployment-record.ts';
import type { HostReport } from '../../core/model/host-report.ts';
import { endings, notPutBack, reported } from '../given/recorded-deployments.ts';
import { fakeWorld, givenDeployment } from './fake-world.ts';

const id = endings.RolledBack.deploymentId;

/** The story's failed gate with what a host would have taken down of it. */
function withEvidence(record: DeploymentRecord): DeploymentRecord {
  const steps = record.steps.map((step) => {
    if (step.intent.action !== 'verify' || step.outcome?.status !== 'failed' || step.outcome.report === null) {
      return step;
    }
    const report: HostReport = {
      ...step.outcome.report,
      checks: [
        { name: 'active', isOk: false, failure: 'not-active', detail: 'payment.service is activating (auto-restart)' },
        { name: 'upstream:cart', isOk: true, detail: '10.213.77.21:8080 takes connections' },
      ],
      evidence: {
        exitCode: 1,
        systemd: { Result: 'exit-code', NRestarts: '5' },
        dropIns: [],
        oomKills: 0,
        http: { status: 0, body: '' },
        diskFreeBytes: 12_400_000_000,
        memoryFreeBytes: 812_000_000,
        journal: ['Traceback (most recent call last):', "ModuleNotFoundError: No module named 'pika'"],
      },
    };
    return { ...step, outcome: { ...step.outcome, report } };
  });
  return { ...record, steps };
}

describe('rollgate explain', () => {
  it('says of the last deployment that failed what failed, why, and what to do', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded, 'd-20261122-204700-bbbbbb');
    givenDeployment(fake.ledger, withEvidence(endings.RolledBack));

    expect(await fake.run('explain')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/explain.txt');
  });

  it.each(['payment-1', 'i-00000000000000001'])('shows all that was seen on the host %s', async (host) => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, withEvidence(endings.RolledBack));

    expect(await fake.run('explain', id, host)).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/explain-host.txt');
  });

  it('names the command that repairs a host, and puts hosts with one cause together', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.FailedDirty);

    expect(await fake.run('explain', endings.FailedDirty.deploymentId)).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/explain-FailedDirty.txt');
  });

  it('names the error of a step that could not be begun, the permission, and what to do', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, notPutBack);

    expect(await fake.run('explain', notPutBack.deploymentId)).toBe(0);
    expect(await fake.run('explain', notPutBack.deploymentId, 'payment-1')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/explain-errors.txt');
  });

  it('gives the same as JSON, evidence included', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, withEvidence(endings.RolledBack));

    expect(await fake.run('explain', id, 'payment-1', '--json')).toBe(0);
    const view = JSON.parse(fake.stdout.text());
    expect(view.hosts).toHaveLength(1);
    expect(view.hosts[0].diagnosis.cause).toBe('crash-loop');
    expect(view.hosts[0].steps.map((step: { action: string }) => step.action)).toEqual(
      endings.RolledBack.steps
        .filter((step) => step.intent.instanceId === view.hosts[0].instanceId)
        .map((step) => step.intent.action),
    );
    expect(view.hosts[0].steps.find((step: { evidence: unknown }) => step.evidence !== null).evidence.exitCode).toBe(1);
  });

  it.each<[what: string, argv: readonly string[], message: string]>([
    ['a host that is not of it', [id, 'payment-9'], 'its hosts are payment-1, payment-2, payment-3'],
    ['what is no deployment', ['payment-1'], 'is not the id of a deployment'],
    ['a deployment that there is not', ['d-20261122-204500-000000'], 'there is no deployment'],
  ])('refuses %s, and says what to type', async (_, argv, message) => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.RolledBack);

    expect(await fake.run('explain', ...argv)).toBe(2);
    expect(fake.stderr.text()).toContain(message);
    expect(fake.stderr.text()).toMatch(/\nnext: rollgate .+\n$/);
  });

  it('says so where nothing failed', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, endings.Succeeded);

    expect(await fake.run('explain')).toBe(2);
    expect(fake.stderr.text()).toContain('nothing failed');
  });

  it('shows of a host what would have failed, had it a say', async () => {
    const fake = fakeWorld();
    givenDeployment(fake.ledger, reported.ended);

    expect(await fake.run('explain', reported.ended.deploymentId, 'payment-1')).toBe(0);
    await expect(fake.stdout.text()).toMatchFileSnapshot('golden/explain-reported.txt');
  });
});
