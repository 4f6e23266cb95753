import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fleet, type FleetOptions, openFleet } from '../../local/hosts/fleet.ts';
import { ensureHostTools, probeHosts } from '../../local/hosts/host-tools.ts';
import { removeTree } from '../../local/hosts/mounts.ts';
import { namesOf } from '../../local/hosts/names.ts';
import { runProgram } from '../../local/hosts/run-program.ts';

const rollgateDir = join(import.meta.dirname, '../../.rollgate');

/** Shared with `npm start`: a root is made once per checkout. */
export const rootsDir = join(rollgateDir, 'roots');

/** The sentence that says why this machine can't boot hosts, for `skip(reason !== undefined, reason)`; installs what is missing. */
export async function whyNoHosts(): Promise<string | undefined> {
  return (await ensureHostTools()) ?? (await probeHosts(rollgateDir));
}

/** A state folder for one test file, not in the shared temporary folder. */
export async function givenStateDir(): Promise<string> {
  await mkdir(rollgateDir, { recursive: true });
  return mkdtemp(join(rollgateDir, 'test-'));
}

export interface TestFleet {
  readonly fleet: Fleet;
  readonly stateDir: string;
  /** Stops everything and deletes the state folder. */
  remove(): Promise<void>;
}

export async function givenFleet(options: FleetOptions = {}): Promise<TestFleet> {
  const stateDir = await givenStateDir();
  const fleet = await openFleet(stateDir, options);
  return {
    fleet,
    stateDir,
    remove: async () => {
      await fleet.stopAll('cut');
      await removeTree(stateDir);
    },
  };
}

/** Everything on this machine that carries the mark of a state folder, found by the machine's own tools. */
export async function leftoversOf(stateDir: string): Promise<readonly string[]> {
  const names = await namesOf(stateDir);
  const commands: readonly (readonly string[])[] = [
    ['sh', '-c', 'cat /proc/self/mountinfo'],
    ['ip', '-oneline', 'link'],
    ['ip', 'netns', 'list'],
    ['iptables', '-S'],
    ['iptables', '-t', 'nat', '-S'],
    ['sh', '-c', `find /sys/fs/cgroup -type d -name '${names.cgroup}'`],
    ['ps', '-eo', 'args'],
  ];
  const marks = [names.bridge, `rg${names.mark}-`, `${names.stateDir}/`];
  const outputs = await Promise.all(commands.map(async (argv) => ({ argv, text: (await runProgram(argv)).stdout })));
  return outputs.flatMap(({ argv, text }) =>
    text
      .split('\n')
      .filter(
        (line) =>
          marks.some((mark) => line.includes(mark)) && !line.startsWith('find ') && !line.startsWith('sh -c find'),
      )
      .map((line) => `${argv.at(0)}: ${line}`),
  );
}
