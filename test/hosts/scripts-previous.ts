import { expect, test } from 'vitest';
import { clearFirewall, droppedPackets, dropTraffic } from './firewall.ts';
import {
  deploy,
  givenGoodRelease,
  mainPid,
  mustBeDone,
  newRelease,
  reset,
  runningVersion,
  type ScriptsKit,
  sample,
  shell,
  untilHealthy,
} from './scripts-kit.ts';
import { newDeploymentId } from './scripts-lab.ts';

const byHand = `[Unit]
Description = Payment Service

[Service]
User=root
WorkingDirectory=/app
Environment=AMQP_PASS=roboshop123
ExecStart=/usr/bin/python3 -m http.server --directory /app/byhand 8080
ExecStop=/bin/kill -9 $MAINPID
SyslogIdentifier=payment

[Install]
WantedBy=multi-user.target
`;

export function previousTests(given: () => ScriptsKit): void {
  test('a unit made by hand is adopted, and is back byte for byte and running after a failed first deployment', async () => {
    const kit = given();
    const { host, lab } = kit;
    await reset(kit);
    await host.writeFile('/app/byhand/health', 'OK', 0o644);
    await host.writeFile('/etc/systemd/system/payment.service', byHand, 0o640);
    await shell(host, 'systemctl daemon-reload && systemctl enable --now payment');
    await untilHealthy(host);
    const before = await shell(host, 'stat -c "%a %u %g %Y" /etc/systemd/system/payment.service');
    const release = await newRelease(kit, sample('import-error'));
    const deploymentId = newDeploymentId();

    const install = mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    const failed = await lab.verify(host, deploymentId, release.releaseId);
    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    const verify = mustBeDone(await lab.verify(host, deploymentId, 'previous'));

    expect(install.report?.host).toMatchObject({ running: 'v0', isActive: true, isHealthy: true, isUntouched: true });
    expect(failed.report?.outcome).toBe('failed');
    expect(revert.report?.host).toMatchObject({ running: 'v0', previous: 'v0', isActive: true });
    expect(verify.report?.checks?.map((check) => check.name)).toEqual(['active', 'http', 'stable']);
    expect((await host.exec(['cat', '/etc/systemd/system/payment.service'])).stdout).toBe(byHand);
    expect(await shell(host, 'stat -c "%a %u %g %Y" /etc/systemd/system/payment.service')).toBe(before);
    expect(await shell(host, 'systemctl is-enabled payment; systemctl is-active payment')).toBe('enabled\nactive');
    expect(await shell(host, 'ls /app/current 2>/dev/null || echo none')).toBe('none');
  });

  test('a unit made by hand that was stopped and disabled is so again', async () => {
    const kit = given();
    const { host, lab } = kit;
    await reset(kit);
    await host.writeFile('/etc/systemd/system/payment.service', byHand, 0o644);
    await shell(host, 'systemctl daemon-reload');
    const { deploymentId } = await deploy(kit, sample());

    mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    mustBeDone(await lab.verify(host, deploymentId, 'previous'));

    expect((await host.exec(['systemctl', 'is-enabled', 'payment'])).stdout.trim()).toBe('disabled');
    expect((await host.exec(['systemctl', 'is-active', 'payment'])).stdout.trim()).toBe('inactive');
  });

  test('where nothing ran, a revert leaves no unit and no process', async () => {
    const kit = given();
    const { host, lab } = kit;
    await reset(kit);
    const { deploymentId } = await deploy(kit, sample());

    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    mustBeDone(await lab.verify(host, deploymentId, 'previous'));

    expect(revert.report?.host).toMatchObject({ running: 'none', previous: 'none', isActive: false, mainPid: 0 });
    expect(await shell(host, 'ls /etc/systemd/system/payment.service 2>/dev/null || echo gone')).toBe('gone');
    expect(await shell(host, 'ls /etc/systemd/system/multi-user.target.wants')).not.toContain('payment');
  });

  test('a revert sends nothing to the network', async () => {
    const kit = given();
    const { host, lab } = kit;
    await givenGoodRelease(kit);
    const { deploymentId } = await deploy(kit, sample('v2'));
    await lab.closeEndpoints();
    await dropTraffic(host);

    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    const dropped = await droppedPackets(host);
    await clearFirewall(host);

    mustBeDone(await lab.verify(host, deploymentId, 'previous'));
    expect(revert.report?.host.isActive).toBe(true);
    expect(dropped).toBe(0);
    expect(await runningVersion(host)).toBe('good');
  });

  test('a revert after a rotation starts the old release with the password of today', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { releaseId, pid } = await givenGoodRelease(kit);
    const before = lab.password;
    const rotated = 'rotated "pass$word';
    lab.parameters.put('/payment/local/AMQP_PASS', rotated);
    lab.broker.users.set('roboshop', { password: rotated, vhosts: ['/'] });
    const release = await newRelease(kit, sample('v2'));
    const deploymentId = newDeploymentId();

    const install = mustBeDone(await lab.install(host, deploymentId, release));
    const untouched = await mainPid(host);
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    const verify = mustBeDone(await lab.verify(host, deploymentId, 'previous'));
    const environment = await shell(
      host,
      `tr '\\0' '\\n' </proc/$(systemctl show --property=MainPID --value payment.service)/environ | grep ^AMQP_PASS`,
    );
    lab.parameters.put('/payment/local/AMQP_PASS', before);
    lab.broker.users.set('roboshop', { password: before, vhosts: ['/'] });
    await reset(kit);

    expect(install.report?.warnings?.join()).toContain(`refuse the passwords that ${releaseId} was started with`);
    expect(untouched).toBe(pid);
    expect(revert.report?.host).toMatchObject({ running: releaseId, isActive: true });
    expect(verify.report?.checks?.find((check) => check.name === 'amqp:rabbitmq')?.isOk).toBe(true);
    expect(environment).toBe(`AMQP_PASS=${rotated}`);
    expect(`${install.stdout}${install.stderr}${revert.stdout}${verify.stdout}`).not.toContain('pass$word');
  });

  test('what never passed here is not gone back to: the last release that passed is', async () => {
    const kit = given();
    const { host, lab } = kit;
    const good = await givenGoodRelease(kit);
    const bad = await newRelease(kit, sample('answers-500'));
    const lost = newDeploymentId();
    mustBeDone(await lab.install(host, lost, bad));
    mustBeDone(await lab.activate(host, lost, bad.releaseId));
    const next = await newRelease(kit, sample('v2'));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, next));

    const activated = mustBeDone(await lab.activate(host, deploymentId, next.releaseId));
    const reverted = mustBeDone(await lab.activate(host, deploymentId, 'previous'));

    expect(activated.report?.host.previous).toBe(good.releaseId);
    expect(reverted.report?.host.running).toBe(good.releaseId);
  });

  test('a revert of a deployment that never got here changes nothing', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { releaseId, pid } = await givenGoodRelease(kit);

    const revert = mustBeDone(await lab.activate(host, newDeploymentId(), 'previous'));

    expect(revert.report?.host).toMatchObject({ running: releaseId, mainPid: Number(pid) });
  });

  test('a release whose files are gone is refused before anything is stopped', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { releaseId } = await givenGoodRelease(kit);
    const { deploymentId, release: next } = await deploy(kit, sample('v2'));
    await shell(host, `rm -rf /app/releases/${releaseId}`);

    const revert = await lab.activate(host, deploymentId, 'previous');
    const unknown = await lab.activate(host, deploymentId, 'v999-0123456789ab');

    expect(revert.report).toMatchObject({ outcome: 'failed', failure: 'previous-missing' });
    expect(unknown.report).toMatchObject({ outcome: 'failed', failure: 'release-missing' });
    expect(unknown.report?.host).toMatchObject({ running: next.releaseId, isActive: true });
  });
}
