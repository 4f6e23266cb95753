import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { deadline, until } from '../../local/hosts/until.ts';
import {
  givenGoodRelease,
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
import { newDeploymentId, type Watch } from './scripts-lab.ts';

/** Kills a script with all its children, as the agent does, so many milliseconds after it said these words. */
function killedAfter(words: string, milliseconds: number): Watch {
  const kill = new AbortController();
  let said = '';
  return {
    signal: kill.signal,
    onStderr: (text) => {
      const isFirst = !said.includes(words);
      said += text;
      if (isFirst && said.includes(words)) setTimeout(() => kill.abort(), milliseconds);
    },
  };
}

export function killTests(given: () => ScriptsKit): void {
  test.each([
    ['saved what ran before', 0],
    ['stopping', 0],
    ['stopping', 500],
    ['starting', 0],
    ['starting', 100],
  ])('an activation killed after "%s" and %i ms is completed by the same command', async (words, milliseconds) => {
    const kit = given();
    const { host, lab } = kit;
    const good = await givenGoodRelease(kit);
    const release = await newRelease(kit, sample(undefined, version(`${words} ${milliseconds}`)));
    const deploymentId = newDeploymentId();
    mustBeDone(await lab.install(host, deploymentId, release));
    const parameters = { deploymentId, releaseId: release.releaseId, key: randomBytes(16).toString('hex') };

    const first = await lab.start(host, 'activate', parameters, killedAfter(words, milliseconds));
    const again = mustBeDone(await lab.start(host, 'activate', parameters));
    await untilHealthy(host);

    expect(first.report).toBeUndefined();
    expect(again.report?.host).toMatchObject({ running: release.releaseId, previous: good.releaseId });
    expect(await runningVersion(host)).toBe(`${words} ${milliseconds}`);
    mustBeDone(await lab.activate(host, deploymentId, 'previous'));
    await untilHealthy(host);
  });

  test.each([
    ['downloading rollgate/payment/releases', 0],
    ['building the virtualenv', 2500],
    ['preflight', 0],
  ])(
    'an install killed after "%s" and %i ms touches nothing and is completed by the same command',
    async (words, milliseconds) => {
      const kit = given();
      const { host, lab } = kit;
      const { pid } = await givenGoodRelease(kit);
      // Requirements of its own make a virtualenv of its own.
      const isBuilding = words.startsWith('building');
      const requirements = isBuilding ? { 'requirements.txt': 'Flask\npika\nrequests\nuwsgi\n# own\n' } : {};
      const release = await newRelease(kit, sample(undefined, { ...requirements, ...version(`${milliseconds}`) }));
      const deploymentId = newDeploymentId();
      const key = randomBytes(16).toString('hex');

      const first = await lab.install(host, deploymentId, release, { key }, killedAfter(words, milliseconds));
      expect(await mainPid(host)).toBe(pid);
      const again = mustBeDone(await lab.install(host, deploymentId, release, { key }));

      expect(first.report).toBeUndefined();
      expect(again.report?.installed?.packages.length).toBeGreaterThan(5);
      expect(again.report?.host.isUntouched).toBe(true);
      expect(await shell(host, 'ls -A /app/releases | grep -c new || true')).toBe('0');
    },
  );

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
    await until('pip is at work', isBuilding, deadline(60));

    const settle = mustBeDone(await lab.start(host, 'settle', { deploymentId, fence: 7001 }));

    expect(settle.report?.host.fence).toBe(7001);
    expect(await isBuilding()).toBe(false);
    expect((await install).report).toBeUndefined();
    expect((await install).code).toBe(99);
    const late = await lab.install(host, deploymentId, release, { fence: 7000 });
    expect(late.report?.failure).toBe('fence-refused');
  });
}
