import { expect, test } from 'vitest';
import { parseHostInspection } from '../../core/model/host-inspection.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import {
  deploy,
  givenGoodRelease,
  mainPid,
  mustBeDone,
  reset,
  runningVersion,
  type ScriptsKit,
  sample,
  shell,
  version,
} from './scripts-kit.ts';
import { type Lab, type LabRelease, newDeploymentId } from './scripts-lab.ts';

const region = 'eu-west-1';
const unit = '/etc/systemd/system/payment.service';

/** Gives the broker and SSM this password, and returns its version. */
function rotate({ broker, parameters }: Lab, password: string): number {
  broker.users.set('roboshop', { password, vhosts: ['/'] });
  return parameters.put('/payment/local/AMQP_PASS', password).version;
}

/** What `inspect` finds, as `kind what`; everything else of the report is compared here. */
async function inspect({ lab, host }: ScriptsKit, running: string): Promise<readonly string[]> {
  const run = await lab.start(host, 'inspect', { service: 'payment', region });
  const report = parseHostInspection(run.stdout);
  expect({ code: run.code, running: report?.running, stderr: run.stderr }).toEqual({ code: 0, running, stderr: '' });
  expect(run.stdout.length).toBeLessThan(20_000);
  expect(run.stdout + run.stderr).not.toContain(lab.password);
  return (report?.findings ?? []).map(({ kind, what }) => `${kind} ${what}`);
}

/** Brings the release to the host again, as `rollgate deploy --release` does. */
async function deployAgain({ lab, host }: ScriptsKit, release: LabRelease): Promise<readonly string[]> {
  const deploymentId = newDeploymentId();
  const install = mustBeDone(await lab.install(host, deploymentId, release));
  mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
  mustBeDone(await lab.verify(host, deploymentId, release.releaseId));
  return install.report?.warnings ?? [];
}

interface Case {
  readonly what: string;
  /** Shell commands; `$release`, `$venv` and `$environment` are the running release's. */
  readonly change: string;
  readonly findings: (paths: { readonly environment: string; readonly virtualenv: string }) => readonly string[];
  /** Of the host, where deploying again does not do it: Rollgate leaves drop-ins alone. */
  readonly repair?: string;
}

/** Of what systemd starts: the unit, its environment and its process. */
const casesOfService: readonly Case[] = [
  {
    what: 'a unit that was edited, and not loaded yet',
    change: `sed -i 's/^RestartSec=.*/RestartSec=9/; s/^TimeoutStopSec=30/TimeoutStopSec=5\\nEnvironment=AMQP_PASS=hunter2/' ${unit}`,
    findings: () => [
      'reload-needed payment.service',
      'unit-changed Environment',
      'unit-changed RestartSec',
      'unit-changed TimeoutStopSec',
      'process-replaced its unit file was written again since Rollgate put it there',
    ],
  },
  {
    what: 'a unit that was edited, loaded, and put back without a restart',
    change: `cp --archive ${unit} /root/unit; sed -i 's/^RestartSec=.*/RestartSec=9/' ${unit}; systemctl daemon-reload
      systemctl restart payment; cat /root/unit >${unit}; systemctl daemon-reload`,
    findings: () => ['process-replaced its unit file was written again since Rollgate put it there'],
  },
  {
    what: 'a unit that others may write',
    change: `chmod 666 ${unit}`,
    findings: () => ['unit-changed its mode: 666, so others than root may write it'],
  },
  {
    what: 'a drop-in',
    change: `mkdir -p ${unit}.d; printf '[Service]\\nNice=5\\n' >${unit}.d/nice.conf; systemctl daemon-reload`,
    findings: () => [`drop-in ${unit}.d/nice.conf`],
    repair: `rm -r ${unit}.d; systemctl daemon-reload`,
  },
  {
    what: 'a service that is disabled',
    change: 'systemctl disable payment',
    findings: () => ['unit-disabled disabled'],
  },
  {
    what: 'a service that was stopped',
    change: 'systemctl stop payment',
    findings: () => ['not-active inactive (dead)'],
  },
  {
    what: 'an environment file that was edited, before the restart',
    change: `sed -i 's/^CART_PORT=.*/CART_PORT="81"/; s/^USER_HOST=.*//' "$environment"; echo 'DEBUG="1"' >>"$environment"`,
    findings: () => ['environment-changed CART_PORT', 'environment-changed USER_HOST', 'environment-added DEBUG'],
  },
  {
    what: 'an environment file that was edited, and the service restarted with it',
    change: `sed -i 's/^AMQP_PASS=.*/AMQP_PASS="wrong"/' "$environment"; systemctl restart payment`,
    findings: () => ['environment-changed AMQP_PASS', 'process-environment AMQP_PASS'],
  },
  {
    what: 'a process that was started from an environment file that is right again',
    change: `cp --archive "$environment" /root/env; sed -i 's/^CART_PORT=.*/CART_PORT="81"/' "$environment"
      systemctl restart payment; cat /root/env >"$environment"`,
    findings: () => ['process-environment CART_PORT'],
  },
  {
    what: 'an environment file that everybody may read',
    change: 'chmod 644 "$environment"',
    findings: ({ environment }) => [`environment-changed the mode of ${environment}: 644`],
  },
  {
    what: 'an environment file that is gone',
    change: 'rm "$environment"',
    findings: ({ environment }) => [`environment-missing ${environment}`],
  },
];

/** Of the files that it runs: the code and the virtualenv. */
const casesOfFiles: readonly Case[] = [
  {
    what: 'code that was changed, added, taken away and opened to others, and no bytecode',
    change: `cd /app/releases/$release; echo 'VERSION = "hotfix"' >version.py; echo >extra.py; rm logs.py; chmod 666 shop.py
      mkdir -p __pycache__; echo >__pycache__/version.cpython-311.pyc`,
    findings: () => [
      'code-added extra.py',
      'code-changed shop.py (mode and owner 666:0, not 644:0)',
      'code-changed version.py',
      'code-missing logs.py',
    ],
  },
  {
    what: 'a package that pip installed over another one, and one beside it',
    change: `"$venv/bin/python" -m pip install --quiet --no-deps --force-reinstall idna==3.10 wheel six==1.16.0`,
    findings: () => ['package-changed idna 3.10, not', 'package-added six 1.16.0'],
  },
  {
    what: 'a file of a package that was edited',
    change: `echo 'broken' >>"$(ls -d "$venv"/lib/python3*/site-packages)/pika/__init__.py"`,
    findings: () => ['virtualenv-changed lib/python3'],
  },
  {
    what: 'a program that is gone',
    change: 'rm "$venv/bin/uwsgi"',
    findings: ({ virtualenv }) => [`program-missing ${virtualenv}/bin/uwsgi`],
  },
  {
    what: 'a virtualenv that is not complete',
    change: 'rm "$venv/.rollgate-complete"',
    findings: ({ virtualenv }) => [`virtualenv-incomplete ${virtualenv}`],
  },
];

/** After the change `inspect` finds what it should; the same release again leaves nothing to find. */
async function expectPutRight(kit: ScriptsKit, { change, findings, repair }: Case): Promise<void> {
  const { host } = kit;
  const release = await givenGoodRelease(kit);
  const environment = await shell(host, `sed --quiet 's/^EnvironmentFile=//p' ${unit}`);
  const virtualenv = (await shell(host, `sed --quiet 's/^ExecStart=//p' ${unit}`)).replace(/\/bin\/.*/, '');
  const settings = `release=${release.releaseId}; environment=${environment}; venv=${virtualenv}\n`;

  await shell(host, settings + change);
  const found = await inspect(kit, release.releaseId);
  if (repair !== undefined) await shell(host, settings + repair);
  await deployAgain(kit, release);
  const after = await inspect(kit, release.releaseId);
  const isGood = await runningVersion(host);
  // What a package is otherwise than depends on the index of the day.
  const expected = findings({ environment, virtualenv });
  expect(found.map((line, index) => line.slice(0, expected[index]?.length))).toEqual(expected);
  expect(after).toEqual([]);
  expect(isGood).toBe('good');
}

export function serviceDriftTests(given: () => ScriptsKit): void {
  test('nothing is found on a host that is as Rollgate left it, and nothing there is changed or held up', async () => {
    const kit = given();
    const { host } = kit;
    const { releaseId, pid } = await givenGoodRelease(kit);
    const everything =
      'find /etc /app /var/lib/rollgate /run/rollgate* -printf "%p %s %T@ %C@\\n" 2>/dev/null | sort | sha256sum';
    const before = await shell(host, everything);

    // Somebody holds the lock of the scripts, and would be waited for.
    const held = '/run/held';
    const holder = host.exec([
      'flock',
      '/var/lib/rollgate/payment/lock',
      'sh',
      '-c',
      `echo $$ >${held}; exec sleep 600`,
    ]);
    await until('the lock is held', async () => (await host.exec(['test', '-s', held])).code === 0, deadline(60));
    expect(await inspect(kit, releaseId)).toEqual([]);
    await shell(host, `kill "$(cat ${held})"; rm ${held}`);
    await holder;

    expect(await shell(host, everything)).toBe(before);
    expect(await mainPid(host)).toBe(pid);
  });

  test.each(casesOfService)('$what is found, and the same release again puts it right', (each) => {
    return expectPutRight(given(), each);
  });

  test('a rotated secret is found by its version, and so long as it is pinned it is not', async () => {
    const kit = given();
    const { host, lab } = kit;
    await reset(kit);
    const { release } = await deploy(kit, sample(undefined, version('secret')));
    const read = lab.parameters.get('/payment/local/AMQP_PASS')?.version;
    const first = rotate(lab, `${lab.password} rotated`);

    const found = await inspect(kit, release.releaseId);
    await deployAgain(kit, release);
    const after = await inspect(kit, release.releaseId);
    const pinned = await deploy(kit, sample(undefined, version('pinned')), (base) => ({
      ...base,
      secrets: base.secrets.map((secret) => ({ ...secret, version: first })),
    }));
    rotate(lab, lab.password);

    expect(found).toEqual([`secret-rotated AMQP_PASS: version ${read} was read, version ${first} is the newest`]);
    expect(after).toEqual([]);
    expect(await inspect(kit, pinned.release.releaseId)).toEqual([]);
    await lab.closeEndpoints();
    expect(await inspect(kit, pinned.release.releaseId)).toEqual([]);
    await shell(host, 'true');
    await reset(kit);
  });

  test('what an older Rollgate put there and did not record is told as that, and is no drift', async () => {
    const kit = given();
    const { host } = kit;
    const { releaseId } = await givenGoodRelease(kit);
    await shell(
      host,
      `cd /var/lib/rollgate; mkdir /root/kept; mv payment/releases/*.files payment/environments payment/unit-in-force virtualenvs /root/kept`,
    );

    const found = await inspect(kit, releaseId);
    await reset(kit);

    expect(found).toEqual([
      'not-recorded the files of the virtualenv',
      'not-recorded its code',
      'not-recorded its unit',
      'not-recorded its environment',
    ]);
  });

  test('a unit that Rollgate did not write, and no unit at all, are told as what they are', async () => {
    const kit = given();
    const { host } = kit;
    await reset(kit);
    expect(await inspect(kit, 'none')).toEqual([]);
    await host.writeFile(unit, '[Service]\nExecStart=/bin/sleep 1000\n', 0o644);
    await shell(host, 'systemctl daemon-reload');

    expect(await inspect(kit, 'v0')).toEqual([]);

    await shell(host, `ln --symbolic --force /dev/null ${unit}; systemctl daemon-reload`);
    expect(await inspect(kit, 'v0')).toEqual(['unit-masked payment.service']);
    await reset(kit);
  });
}

export function fileDriftTests(given: () => ScriptsKit): void {
  test.each(casesOfFiles)('$what is found, and the same release again puts it right', (each) => {
    return expectPutRight(given(), each);
  });

  test('code is put right beside the process that runs it, which is restarted only by its activation', async () => {
    const kit = given();
    const { host, lab } = kit;
    const release = await givenGoodRelease(kit);
    await shell(
      host,
      `echo 'VERSION = "hotfix"' >/app/releases/${release.releaseId}/version.py; systemctl restart payment`,
    );
    const pid = await mainPid(host);
    const deploymentId = newDeploymentId();

    const install = mustBeDone(await lab.install(host, deploymentId, release));

    expect(install.report?.host.isUntouched).toBe(true);
    expect(install.report?.warnings).toContain(
      `/app/releases/${release.releaseId} is not as it was put there (differences: 1, the first: version.py): it is made anew`,
    );
    expect(await mainPid(host)).toBe(pid);
    expect(await inspect(kit, release.releaseId)).toEqual(['process-replaced its code was replaced while it ran']);
    mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
    mustBeDone(await lab.verify(host, deploymentId, release.releaseId));
    expect(await runningVersion(host)).toBe('good');
    expect(await shell(host, 'ls -A /app/releases | grep --count old || true')).toBe('0');
  });
}
