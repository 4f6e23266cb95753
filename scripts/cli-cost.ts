/**
 * `npm run cli-cost`: seconds of processor time (user and system, of every process that is started) that the command
 * takes before it asks anything: for help, for `status` where no engine runs, and for `status` of a stage on AWS where
 * nobody has credentials. Each is the least of several runs, since other programs of this machine only ever add to it.
 *
 * The columns: a Node that runs the bundle in its own process, and the `node` of this machine, which starts another one
 * if it is too old. The first start after a change of the sources builds the bundle; it is not counted.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const runs = 9;
const projectRoot = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'rollgate-cli-cost-'));
/** npm puts the Node of the project first. */
const ownPath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((each) => !each.endsWith(join('node_modules', '.bin')))
  .join(delimiter);
const environment = {
  PATH: ownPath,
  HOME: folder,
  ROLLGATE_STATE: join(folder, 'no-engine'),
  AWS_EC2_METADATA_DISABLED: 'true',
};
const nodes = [process.execPath, 'node'];
const commands = ['--help', 'status', 'status --stage prod --region eu-west-1'];

try {
  console.log(line('seconds of CPU', ...nodes.map((node) => `Node ${versionOf(node)}`)));
  for (const command of commands) {
    console.log(line(command, ...nodes.map((node) => leastSeconds(node, command).toFixed(3))));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function leastSeconds(node: string, command: string): number {
  const args = command.split(' ');
  // Builds the bundle where there is none, and fills V8's cache of it.
  secondsOf(node, args);
  return Math.min(...Array.from({ length: runs }, () => secondsOf(node, args)));
}

function secondsOf(node: string, args: readonly string[]): number {
  const timed = 'TIMEFORMAT="%3U %3S"; time "$@" > /dev/null 2>&1';
  const command = [node, join(projectRoot, 'cli', 'rollgate.mjs'), ...args];
  const { stderr } = spawnSync('bash', ['-c', timed, 'bash', ...command], { encoding: 'utf8', env: environment });
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return user + system;
}

function versionOf(node: string): string {
  return execFileSync(node, ['--print', 'process.versions.node'], { encoding: 'utf8', env: environment }).trim();
}

function line(name: string, ...columns: readonly string[]): string {
  return `${name.padEnd(42)}${columns.map((column) => column.padStart(14)).join('')}`;
}
