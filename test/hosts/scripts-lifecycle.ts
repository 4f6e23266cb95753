import { expect, test } from 'vitest';
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
  version,
} from './scripts-kit.ts';
import { newDeploymentId, sha256 } from './scripts-lab.ts';

export function lifecycleTests(given: () => ScriptsKit): void {
  test('is installed, activated and well, as its own user, with the secret exactly as it is', async () => {
    const kit = given();
    const { host, lab } = kit;

    await reset(kit);

    const { release, verify } = await deploy(kit, sample(undefined, version('1.0')));

    const { releaseId } = release;
    expect(verify.report?.checks?.map((check) => [check.name, check.isOk])).toEqual([
      ['active', true],
      ['amqp:rabbitmq', true],
      ['http', true],
      ['journal', true],
      ['stable', true],
      ['upstream:cart', true],
      ['upstream:user', true],
      ['workers', true],
    ]);
    expect(await runningVersion(host)).toBe('1.0');
    expect(await shell(host, 'readlink /app/current')).toBe(`releases/${releaseId}`);
    expect(await shell(host, `stat -c '%a %U:%G' /etc/rollgate/payment/${releaseId}.env`)).toBe('640 root:roboshop');
    expect(await shell(host, `find /app/releases /app/venvs ! -user root | wc -l`)).toBe('0');
    expect(await shell(host, `find /app/releases/${releaseId} -perm /022 ! -type l | wc -l`)).toBe('0');
    const pid = await mainPid(host);
    expect(await shell(host, `stat -c %U /proc/${pid}`)).toBe('roboshop');
    const environment = await host.exec(['cat', `/proc/${pid}/environ`]);
    expect(environment.stdout.split('\0')).toContain(`AMQP_PASS=${lab.password}`);
  });

  test('a repeated key is answered with the first report, and does nothing', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await givenGoodRelease(kit);
    const next = await newRelease(kit, sample('v2'));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, next));
    const key = '0123456789abcdef0123456789abcdef';
    const first = mustBeDone(await lab.activate(host, deploymentId, next.releaseId, { key }));
    mustBeDone(await lab.activate(host, newDeploymentId(), release.releaseId));
    const pid = await mainPid(host);

    // An old fence and a late hour: the answer of then is given all the same.
    const again = await lab.activate(host, deploymentId, next.releaseId, { key, fence: 1, notAfter: 1_700_000_000 });

    expect(again.report).toEqual({ ...first.report, replayed: true });
    expect(again.code).toBe(0);
    expect(await mainPid(host)).toBe(pid);
  });

  test('a lower fence and a late start are refused and touch nothing', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { releaseId, pid } = await givenGoodRelease(kit);
    const next = await newRelease(kit, sample('v2'));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, next));
    const before = await shell(host, 'cat /var/lib/rollgate/payment/fence');
    mustBeDone(await lab.start(host, 'settle', { deploymentId, fence: 5000 }));

    const low = await lab.activate(host, deploymentId, next.releaseId, { fence: 4999 });
    const late = await lab.activate(host, deploymentId, next.releaseId, { fence: 5000, notAfter: 1_700_000_000 });

    expect([low.code, low.report?.outcome, low.report?.failure]).toEqual([20, 'refused', 'fence-refused']);
    expect([late.code, late.report?.outcome, late.report?.failure]).toEqual([20, 'refused', 'late-refused']);
    expect(low.report?.host).toMatchObject({ running: releaseId, fence: 5000 });
    expect(await mainPid(host)).toBe(pid);
    expect(await shell(host, 'cat /var/lib/rollgate/payment/fence')).toBe('5000');
    await shell(host, `echo ${before} > /var/lib/rollgate/payment/fence`);
  });

  test('with unchanged requirements an install builds nothing and leaves the running process alone', async () => {
    const kit = given();
    const { host, lab } = kit;
    const { pid } = await givenGoodRelease(kit);
    const next = await newRelease(kit, sample('v2'));

    const run = mustBeDone(await lab.install(host, newDeploymentId(), next));

    expect(run.report?.installed?.isVirtualenvReused).toBe(true);
    expect(run.report?.host.isUntouched).toBe(true);
    expect(run.report?.host.isHealthy).toBe(true);
    expect(run.stderr).not.toContain('building the virtualenv');
    expect(await mainPid(host)).toBe(pid);
  });

  test('other packages than the other hosts have make a virtualenv of their own, with those', async () => {
    const kit = given();
    const { host, lab } = kit;
    const first = mustBeDone(await lab.install(host, newDeploymentId(), await givenGoodRelease(kit)));
    const packages = (first.report?.installed?.packages ?? []).map((line) =>
      /^idna==/.test(line) ? 'idna==3.10' : line,
    );
    const text = `${packages.join('\n')}\n`;
    const packagesSha256 = sha256(Buffer.from(text));
    const packagesKey = `rollgate/payment/packages/${packagesSha256}.txt`;
    lab.objects.set(packagesKey, Buffer.from(text));
    const next = await newRelease(kit, sample('v2'));

    const built = mustBeDone(await lab.install(host, newDeploymentId(), next, { packagesKey, packagesSha256 }));
    const again = mustBeDone(await lab.install(host, newDeploymentId(), next, { packagesKey, packagesSha256 }));

    expect(built.report?.installed).toMatchObject({ packages, packagesSha256, isVirtualenvReused: false });
    expect(built.report?.installed?.virtualenv).not.toBe(first.report?.installed?.virtualenv);
    expect(again.report?.installed).toEqual({ ...built.report?.installed, isVirtualenvReused: true });
  });

  test('a host that already runs the release is not restarted', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await givenGoodRelease(kit);
    const deploymentId = newDeploymentId();

    mustBeDone(await lab.install(host, deploymentId, release));
    const run = mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    mustBeDone(await lab.verify(host, deploymentId, release.releaseId));

    expect(run.report?.message).toContain('already');
    expect(await mainPid(host)).toBe(release.pid);
  });

  test('the same release with another secret gets an environment of its own, and the old one stays', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await givenGoodRelease(kit);
    const user = lab.broker.users.get('roboshop');
    if (user === undefined) throw new Error('the broker knows roboshop');
    const before = user.password;
    user.password = 'rotated secret';
    lab.parameters.put('/payment/local/AMQP_PASS', user.password);
    const deploymentId = newDeploymentId();

    mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    mustBeDone(await lab.verify(host, deploymentId, release.releaseId));

    expect(await mainPid(host)).not.toBe(release.pid);
    const environment = await host.exec(['cat', `/proc/${await mainPid(host)}/environ`]);
    expect(environment.stdout.split('\0')).toContain('AMQP_PASS=rotated secret');
    expect(
      await shell(
        host,
        `grep --count --fixed-strings 'rotated secret' /etc/rollgate/payment/${release.releaseId}*.env`,
      ),
    ).toBe(`/etc/rollgate/payment/${release.releaseId}.2.env:1\n/etc/rollgate/payment/${release.releaseId}.env:0`);
    user.password = before;
    lab.parameters.put('/payment/local/AMQP_PASS', before);
    await reset(kit);
  });

  test('a request in flight is answered when the activation begins', async () => {
    const kit = given();
    const { host, lab } = kit;
    await deploy(kit, sample(undefined, slowHealth));
    const next = await newRelease(kit, sample('v2', slowHealth));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, next));

    const slow = host.exec(['curl', '--silent', '--show-error', '--max-time', '9', 'http://127.0.0.1:8080/slow']);
    await shell(host, 'until [ -e /run/payment/slow ]; do :; done');
    mustBeDone(await lab.activate(host, deploymentId, next.releaseId));

    expect(await slow).toMatchObject({ code: 0, stdout: 'slow' });
  });

  test('a release that is still loading is stopped without waiting for the end of its drain', async () => {
    const kit = given();
    const { host, lab } = kit;
    const loading = version('slow" + __import__("time").sleep(2).__class__.__name__ + "');
    const stopSeconds = 90;
    const release = await newRelease(kit, sample(undefined, loading), (base) => ({
      ...base,
      unit: { ...base.unit, stopSeconds },
    }));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, release));
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));

    const revert = mustBeDone(await lab.activate(host, deploymentId, 'previous'));

    expect(revert.seconds).toBeLessThan(stopSeconds);
  });

  test('retention keeps the newest, the running, those asked for and their virtualenvs', async () => {
    const kit = given();
    const { host, lab } = kit;
    const keepTwo = { retention: { releases: 2 } };
    await reset(kit);
    const { release: running } = await deploy(kit, sample());
    const made = [];
    for (let number = 0; number < 4; number++) {
      const release = await newRelease(kit, sample(undefined, version(`r${number}`)), (base) => ({
        ...base,
        ...keepTwo,
      }));
      const keep = made[0]?.releaseId ?? '';
      mustBeDone(await lab.install(host, newDeploymentId(), release, { keep }));
      made.push(release);
    }

    const kept = (await shell(host, 'ls /app/releases')).split('\n').sort();

    const expected = [running, made[0], made[2], made[3]].map((release) => release?.releaseId).sort();
    expect(kept).toEqual(expected);
    expect(await shell(host, 'ls /etc/rollgate/payment/*.service | wc -l')).toBe('4');
  });
}

/** A route that waits three seconds, and a file that says when it has begun. */
const slowHealth = {
  'slow.py': `import time
def route(app):
    @app.route("/slow")
    def slow():
        open("/run/payment/slow", "w").close()
        time.sleep(3)
        return "slow"
`,
  'wsgi.py': 'from payment import app\nimport slow\nslow.route(app)\n',
  'payment.ini': `[uwsgi]
module = wsgi
callable = app
uid = 1
gid = 1
master = true
processes = 2
lazy-apps = true
socket = 0.0.0.0:8080
protocol = http
`,
};
