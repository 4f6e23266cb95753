import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { deadline, until } from '../../local/hosts/until.ts';
import {
  deploy,
  mainPid,
  mustBeDone,
  newRelease,
  runningVersion,
  type ScriptsKit,
  sample,
  shell,
  version,
} from './scripts-kit.ts';
import { newDeploymentId, type Run } from './scripts-lab.ts';

/** Runs a script and kills it with all its children, as the agent does, after so many milliseconds. */
async function killed(milliseconds: number, run: (signal: AbortSignal) => Promise<Run>): Promise<Run> {
  return run(AbortSignal.timeout(milliseconds));
}

export function killTests(given: () => ScriptsKit): void {
  test('an activation killed anywhere is completed by the same command', async () => {
    const kit = given();
    const { host, lab } = kit;
    await deploy(kit, sample(undefined, version('0')));
    let cut = 0;

    for (let milliseconds = 50; milliseconds <= 2450; milliseconds += 200) {
      const release = await newRelease(kit, sample(undefined, version(`after ${milliseconds}`)));
      const deploymentId = newDeploymentId();
      mustBeDone(await lab.install(host, deploymentId, release));
      const before = await shell(host, 'head -1 /etc/systemd/system/payment.service');
      const parameters = { deploymentId, releaseId: release.releaseId, key: randomBytes(16).toString('hex') };
      const first = await killed(milliseconds, (signal) => lab.start(host, 'activate', parameters, signal));
      cut += first.report === undefined ? 1 : 0;

      const again = mustBeDone(await lab.start(host, 'activate', parameters));
      const verify = mustBeDone(await lab.verify(host, deploymentId, release.releaseId));

      expect(`# Rollgate release ${again.report?.host.previous}`).toBe(before);
      expect(verify.report?.host.running).toBe(release.releaseId);
      expect(await runningVersion(host)).toBe(`after ${milliseconds}`);
    }
    expect(cut).toBeGreaterThan(4);
  });

  test('an install killed anywhere leaves the running release alone, and is completed by the same command', async () => {
    const kit = given();
    const { host, lab } = kit;
    await deploy(kit, sample(undefined, version('0')));
    const pid = await mainPid(host);
    let cut = 0;

    for (const milliseconds of [100, 400, 800, 1500, 3000, 5000]) {
      // Requirements of its own: the virtualenv is built anew.
      const requirements = { 'requirements.txt': `Flask\npika\nrequests\nuwsgi\n# ${milliseconds}\n` };
      const release = await newRelease(kit, sample(undefined, { ...requirements, ...version(`${milliseconds}`) }));
      const deploymentId = newDeploymentId();
      const key = randomBytes(16).toString('hex');
      const first = await killed(milliseconds, (signal) => lab.install(host, deploymentId, release, { key }, signal));
      cut += first.report === undefined ? 1 : 0;
      expect(await mainPid(host)).toBe(pid);

      const again = mustBeDone(await lab.install(host, deploymentId, release, { key }));

      expect(again.report?.installed?.packages.length).toBeGreaterThan(5);
      expect(await mainPid(host)).toBe(pid);
    }
    expect(cut).toBeGreaterThan(3);
    expect(await shell(host, 'ls -A /app/releases | grep -c new || true')).toBe('0');
  });

  test('a settle of a higher fence ends an install that is at work', async () => {
    const kit = given();
    const { host, lab } = kit;
    const requirements = { 'requirements.txt': `Flask\npika\nrequests\nuwsgi\n# ${randomBytes(4).toString('hex')}\n` };
    const release = await newRelease(kit, sample(undefined, requirements));
    const deploymentId = newDeploymentId();
    const install = lab.install(host, deploymentId, release, { fence: 7000 });
    const isBuilding = async (): Promise<boolean> => (await host.exec(['pgrep', '-f', 'pip install'])).code === 0;
    await until('pip is at work', isBuilding, deadline(20));

    const settle = mustBeDone(await lab.start(host, 'settle', { deploymentId, fence: 7001 }));

    expect(settle.seconds).toBeLessThan(10);
    expect(settle.report?.host.fence).toBe(7001);
    expect(await isBuilding()).toBe(false);
    expect((await install).report).toBeUndefined();
    expect((await install).code).toBe(99);
    const late = await lab.install(host, deploymentId, release, { fence: 7000 });
    expect(late.report?.failure).toBe('fence-refused');
  });
}
