import { expect, test } from 'vitest';
import { type Change, givenGoodRelease, mainPid, newRelease, type ScriptsKit, sample, shell } from './scripts-kit.ts';
import { type Files, type Given, newDeploymentId, type Run } from './scripts-lab.ts';

/** Installs over a running release and sees to it that nothing of that was touched. */
async function failInstall(kit: ScriptsKit, files: Files, change?: Change, given: Given = {}): Promise<Run> {
  const { host, lab } = kit;
  const { releaseId, pid } = await givenGoodRelease(kit);
  const release = await newRelease(kit, files, change);
  const run = await lab.install(host, newDeploymentId(), release, given);
  expect([run.code, run.report?.outcome]).toEqual([10, 'failed']);
  expect(run.report?.host).toMatchObject({ running: releaseId, isActive: true, mainPid: Number(pid) });
  expect(await mainPid(host)).toBe(pid);
  return run;
}

export function faultTests(given: () => ScriptsKit): void {
  test('names what pip says, and touches nothing', async () => {
    const run = await failInstall(given(), sample('pip-fails-early'));

    expect(run.report?.failure).toBe('pip-failed');
    expect(run.report?.evidence?.pip?.join('\n')).toContain('pg_config');
    expect(run.report?.evidence?.exitCode).toBe(1);
  });

  test('names the header that the compiler misses', async () => {
    const run = await failInstall(given(), sample('pip-fails'));

    expect(run.report?.failure).toBe('pip-failed');
    expect(run.report?.evidence?.pip?.join('\n')).toMatch(/lber\.h|ldap\.h/);
  });

  test('a wrong AMQP password is known before anything is touched', async () => {
    const kit = given();
    const { lab } = kit;
    lab.parameters.put('/payment/local/WRONG', 'not the password');

    const run = await failInstall(kit, sample('v2'), (base) => ({
      ...base,
      secrets: [{ name: 'AMQP_PASS', parameter: '/payment/local/WRONG' }],
    }));

    expect(run.report?.failure).toBe('amqp-auth-failed');
    expect(run.stdout + run.stderr).not.toContain('not the password');
  });

  test('no access to the virtual host is told apart from a wrong password', async () => {
    const run = await failInstall(given(), sample('v2'), (base) => ({
      ...base,
      upstreams: base.upstreams.map((one) => (one.amqp ? { ...one, amqp: { ...one.amqp, vhost: 'orders' } } : one)),
    }));

    expect(run.report?.failure).toBe('amqp-access-refused');
    expect(run.report?.message).toContain('orders');
  });

  test('a closed port, a name that does not resolve and a secret that is not there have words of their own', async () => {
    const kit = given();
    const closed: Change = (base) => ({
      ...base,
      upstreams: base.upstreams.map((one) => (one.name === 'cart' ? { ...one, port: 9 } : one)),
    });
    const nameless: Change = (base) => ({
      ...base,
      upstreams: base.upstreams.map((one) => (one.name === 'user' ? { ...one, host: 'user.invalid' } : one)),
    });
    const secretless: Change = (base) => ({
      ...base,
      secrets: [{ name: 'AMQP_PASS', parameter: '/payment/local/MISSING' }],
    });

    expect((await failInstall(kit, sample('v2'), closed)).report?.failure).toBe('upstream-refused');
    expect((await failInstall(kit, sample('v2'), nameless)).report?.failure).toBe('name-unresolved');
    expect((await failInstall(kit, sample('v2'), secretless)).report?.failure).toBe('secret-unreadable');
  });

  test('another manifest or artifact than the command names is not taken', async () => {
    const kit = given();
    const wrong = { manifestSha256: '0'.repeat(64) };

    expect((await failInstall(kit, sample('v2'), undefined, wrong)).report?.failure).toBe('checksum-mismatch');
    const release = await newRelease(kit, sample('v2'));
    kit.lab.objects.set(release.manifestKey.replace('.json', '.zip'), Buffer.from('not the artifact'));
    const run = await kit.lab.install(kit.host, newDeploymentId(), release);
    expect(run.report?.failure).toBe('checksum-mismatch');
  });

  test('an interpreter that the host does not have is named with where it was looked for', async () => {
    const run = await failInstall(given(), sample('v2'), (base) => ({
      ...base,
      runtime: { ...base.runtime, python: { preferred: '3.6', accepted: ['3.7'] } },
    }));

    expect(run.report?.failure).toBe('interpreter-missing');
    expect(run.report?.evidence?.lookedFor).toContain('python3.6 (3.6)');
  });

  test('a program that the requirements do not bring is named', async () => {
    const run = await failInstall(given(), sample('v2'), (base) => ({
      ...base,
      run: { ...base.run, program: 'gunicorn' },
    }));

    expect(run.report?.failure).toBe('program-missing');
    expect(run.report?.evidence?.lookedFor?.[0]).toMatch(/^\/app\/venvs\/[0-9a-f]{16}\/bin\/gunicorn$/);
  });

  test('a disk without room is known before anything is unpacked', async () => {
    const kit = given();
    const { host, lab } = kit;
    await givenGoodRelease(kit);
    const release = await newRelease(kit, sample('v2'));
    await shell(host, 'mount -t tmpfs -o size=20m tmpfs /app');

    const run = await lab.install(host, newDeploymentId(), release);
    await shell(host, 'umount /app');

    expect(run.report?.failure).toBe('disk-full');
    expect(run.report?.evidence?.diskFreeBytes).toBeLessThanOrEqual(20 << 20);
  });

  test('where not even the fence can be kept, nothing is activated', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { releaseId, pid } = await givenGoodRelease(kit);
    const state = '/var/lib/rollgate/payment';
    await shell(
      host,
      `mount -t tmpfs -o size=64k tmpfs ${state} && mkdir ${state}/receipts ${state}/deployments ${state}/states`,
    );
    await shell(host, `head --bytes=200000 /dev/zero >${state}/fill || true`);

    const run = await lab.activate(host, newDeploymentId(), releaseId);
    await shell(host, `umount ${state}`);

    expect(run.report).toMatchObject({ outcome: 'failed', failure: 'disk-full' });
    expect(await mainPid(host)).toBe(pid);
  });

  test('the ledger that does not answer is a failed download', async () => {
    const kit = given();
    await kit.lab.closeEndpoints();
    const release = await newRelease(kit, sample('v2'));

    const run = await kit.lab.install(kit.host, newDeploymentId(), release);
    await kit.lab.openEndpoints();

    expect(run.report?.failure).toBe('download-failed');
  });
}
