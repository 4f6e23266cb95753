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
  untilHealthy,
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
    const { release: good } = await deploy(kit, sample(undefined, version('0')));
    let cut = 0;

    for (let milliseconds = 50; milliseconds <= 2150; milliseconds += 300) {
      const release = await newRelease(kit, sample(undefined, version(`after ${milliseconds}`)));
      const deploymentId = newDeploymentId();
      mustBeDone(await lab.install(host, deploymentId, release));
      const parameters = { deploymentId, releaseId: release.releaseId, key: randomBytes(16).toString('hex') };
      const first = await killed(milliseconds, (signal) => lab.start(host, 'activate', parameters, signal));
      cut += first.report === undefined ? 1 : 0;

      const again = mustBeDone(await lab.start(host, 'activate', parameters));
      await untilHealthy(host);

      expect(again.report?.host).toMatchObject({ running: release.releaseId, previous: good.releaseId });
      expect(await runningVersion(host)).toBe(`after ${milliseconds}`);
    }
    expect(cut).toBeGreaterThan(2);
  });

  test('an install killed anywhere leaves the running release alone, and is completed by the same command', async () => {
    const kit = given();
    const { host, lab } = kit;
    await deploy(kit, sample(undefined, version('0')));
    const pid = await mainPid(host);
    let cut = 0;

    for (const milliseconds of [150, 700, 1800, 4000]) {
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
    expect(cut).toBeGreaterThan(2);
    expect(await shell(host, 'ls -A /app/releases | grep -c new || true')).toBe('0');
  });

  test('a settle of a higher fence ends an install that is at work', async () => {
    const kit = given();
    const { host, lab } = kit;
    const requirements = { 'requirements.txt': `Flask\npika\nrequests\nuwsgi\n# ${randomBytes(4).toString('hex')}\n` };
    const release = await newRelease(kit, sample(undefined, requirements));
    const deploymentId = newDeploymentId();
    const install = lab.install(host, deploymentId, release, { fence: 7000 });
    const isBuilding = async (): Promise<boolean> =>
      (await host.exec(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep --quiet "[p]ip install"'])).code ===
      0;
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
