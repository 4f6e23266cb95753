import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostConfiguration } from '../../core/model/release-manifest.ts';
import { ensureHostRoot, type HostRoot } from '../../local/hosts/standard-roots.ts';
import type { SystemdHost } from '../../local/hosts/systemd-host.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import { givenFleet, rootsDir, type TestFleet } from './host-fixture.ts';
import { createLab, type Files, type Lab, type LabRelease, newDeploymentId, type Run } from './scripts-lab.ts';

const samples = join(import.meta.dirname, '../../samples');

/** One booted host with the world around it. Releases are numbered on from one test to the next. */
export interface ScriptsKit {
  readonly fleet: TestFleet;
  readonly lab: Lab;
  readonly host: SystemdHost;
  remove(): Promise<void>;
}

export type Change = (configuration: HostConfiguration) => HostConfiguration;

let releases = 0;

export async function givenScriptsKit(hostRoot: HostRoot): Promise<ScriptsKit> {
  const root = await ensureHostRoot(hostRoot, rootsDir);
  const fleet = await givenFleet();
  const { gateway, prefix } = fleet.fleet.network;
  const address = `${prefix}11`;
  const instanceId = 'i-0123456789abcdef0';
  const lab = await createLab(gateway, { [address]: instanceId });
  const [host] = await fleet.fleet.startHosts([
    {
      name: 'scripts-1',
      instanceId,
      root,
      addresses: [address],
      zone: 'eu-west-1a',
      tags: {},
      files: [{ path: '/etc/rollgate/endpoints', content: lab.endpointsFile }],
    },
  ]);
  if (host === undefined) throw new Error('one host was asked for');
  return {
    fleet,
    lab,
    host,
    remove: async () => {
      await lab.close();
      await fleet.remove();
    },
  };
}

/** The sample service, a variant laid over it, and whatever is given here. */
export function sample(variant?: string, over: Files = {}): Files {
  const base = filesOf(join(samples, 'payment'));
  return { ...base, ...(variant === undefined ? {} : filesOf(join(samples, 'payment-variants', variant))), ...over };
}

function filesOf(folder: string): Files {
  const names = readdirSync(folder).filter((name) => /\.(py|ini|txt)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

export function version(text: string): Files {
  return { 'version.py': `VERSION = "${text}"\n` };
}

export async function newRelease({ lab }: ScriptsKit, files: Files, change?: Change): Promise<LabRelease> {
  releases += 1;
  return lab.release(releases, files, change);
}

/** A host as before the first deployment, but for virtualenvs and pip's cache. */
export async function reset({ host, lab }: ScriptsKit): Promise<void> {
  await lab.openEndpoints();
  await shell(
    host,
    `systemctl kill --signal=KILL payment 2>/dev/null
     systemctl disable --now payment 2>/dev/null
     rm -rf /etc/systemd/system/payment.service /etc/systemd/system/payment.service.d /var/lib/rollgate/payment \
       /app/releases /app/current /etc/rollgate/payment
     systemctl daemon-reload; systemctl reset-failed payment 2>/dev/null; true`,
  );
}

let good: LabRelease | undefined;

/** A good release runs on the host: the one of before, else a new one. Cheaper than a reset where nothing else matters. */
export async function givenGoodRelease(kit: ScriptsKit): Promise<LabRelease & { readonly pid: string }> {
  const { host, lab } = kit;
  await lab.openEndpoints();
  const unit = await host.exec(['head', '-1', '/etc/systemd/system/payment.service']);
  const isThere = good !== undefined && unit.stdout.includes(good.releaseId);
  if (good === undefined || !isThere || (await runningVersion(host)) !== 'good') {
    await reset(kit);
    good = (await deploy(kit, sample(undefined, version('good')))).release;
  }
  return { ...good, pid: await mainPid(host) };
}

export interface Deployed {
  readonly deploymentId: string;
  readonly release: LabRelease;
  readonly verify: Run;
}

/** Installs, activates and verifies; throws where one of them does not end well. */
export async function deploy(kit: ScriptsKit, files: Files, change?: Change): Promise<Deployed> {
  const { lab, host } = kit;
  const release = await newRelease(kit, files, change);
  const deploymentId = newDeploymentId();
  mustBeDone(await lab.install(host, deploymentId, release));
  mustBeDone(await lab.activate(host, deploymentId, release.releaseId));
  const verify = mustBeDone(await lab.verify(host, deploymentId, release.releaseId));
  return { deploymentId, release, verify };
}

export function mustBeDone(run: Run): Run {
  if (run.report?.outcome !== 'done' || run.code !== 0) {
    throw new Error(`code ${run.code}\n${run.stdout}\n${run.stderr}`);
  }
  return run;
}

export async function shell(host: SystemdHost, script: string): Promise<string> {
  const result = await host.exec(['sh', '-c', script]);
  if (result.code !== 0) throw new Error(`${script}: ${result.code} ${result.signal} ${result.stderr}`);
  return result.stdout.trim();
}

export function mainPid(host: SystemdHost): Promise<string> {
  return shell(host, 'systemctl show --property=MainPID --value payment.service');
}

/** The version that the service says it is; empty where it does not answer. */
export async function runningVersion(host: SystemdHost): Promise<string> {
  const result = await host.exec(['curl', '--silent', '--max-time', '2', 'http://127.0.0.1:8080/version']);
  return /"version":"([^"]*)"/.exec(result.stdout)?.[1] ?? '';
}

export async function untilHealthy(host: SystemdHost): Promise<void> {
  const ask = async (): Promise<boolean> =>
    (await host.exec(['curl', '--silent', '--fail', '--max-time', '2', 'http://127.0.0.1:8080/health'])).code === 0;
  await until('the service is healthy', ask, deadline(60));
}
