/**
 * `npm test`, after set-up: the checks, the fast tests and the tests on real systemd hosts. `--fast` leaves the hosts out,
 * `--acceptance` runs nothing but the emulators of AWS and the main job end to end, `--all` runs everything. Other
 * arguments go to vitest. What mostly computes and what mostly waits for hosts run beside each other. The run ends with
 * where its time went, and a last line that counts: `N passed, N failed, N skipped`.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureReadyRoot } from '../local/hosts/standard-roots.ts';
import { ensureUpstreamsRoot } from '../local/upstreams/upstreams-root.ts';
import { runChecks } from './checks.ts';
import { ensurePrograms } from './debian-packages.ts';
import { ensurePythonTools } from './python-tools.ts';
import { runProgram } from './run-program.ts';
import { discardTestHosts } from './test-run/discard-test-hosts.ts';
import { reportVariable } from './test-run/report-writer.ts';
import { addCounts, closingLine, countReport, emptyReport, type TestReport } from './test-run/test-report.ts';
import { type TimedPart, timeTable } from './test-run/time-table.ts';

type Print = (line: string) => void;
/** What a part of the run came to; `skipped` counts test files that can't run here. */
interface PartResult {
  readonly report: TestReport;
  readonly skipped?: number;
}
interface Part {
  readonly name: string;
  readonly run: (print: Print) => Promise<PartResult>;
}

const projectRoot = dirname(import.meta.dirname);
const args = process.argv.slice(2);
const ownOptions = ['--fast', '--acceptance', '--all'];
const forVitest = args.filter((arg) => !ownOptions.includes(arg));
const fastProjects = ['fast', 'fast-mocking', 'fast-summary'];
const sharedStageProjects = ['shared-stage', 'shared-stage-summary'];
/** Of the projects that can't run everywhere, as in vitest.config.ts. */
const filesOfProject: Readonly<Record<string, string>> = {
  emulators: 'test/emulators/**/*.test.ts',
  hosts: 'test/hosts/**/*.test.ts',
  acceptance: 'test/acceptance/*.test.ts',
  'shared-stage': 'test/acceptance/shared-stage/**/*.test.ts',
};
const isFast = args.includes('--fast');
const isAll = args.includes('--all');
const isAcceptance = args.includes('--acceptance');

/** What computes fills the gaps of what waits for hosts, and is done sooner than that in any case. */
const givingWay = isFast ? 0 : 5;

const checks: Part = { name: 'checks', run: checkTree };
const fast: Part = { name: 'fast', run: (print) => runProjects(fastProjects, print, givingWay) };
const emulators: Part = { name: 'emulators', run: runOnEmulators };
const hosts: Part = { name: 'hosts', run: (print) => runOnHosts(['hosts'], print) };
const acceptance: Part = { name: 'acceptance', run: (print) => runOnHosts(['acceptance'], print) };
const sharedStage: Part = { name: 'shared-stage', run: (print) => runOnHosts(sharedStageProjects, print) };

/** Parts of one lane run one after another, the lanes beside each other. */
function lanesOf(): readonly (readonly Part[])[] {
  if (isAcceptance) return [[emulators], [acceptance], [sharedStage]];
  if (isFast) return [[checks], [fast]];
  return isAll ? [[checks], [fast, emulators], [hosts, acceptance], [sharedStage]] : [[checks], [fast], [hosts]];
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => stopping.abort());
}

const beganAt = performance.now();
const whyNoHosts = isFast ? undefined : await findWhyNoHosts();
const lanes = lanesOf();
const width = Math.max(...lanes.flat().map(({ name }) => name.length));
const results = (await Promise.all(lanes.map(runLane))).flat();
if (stopping.signal.aborted && whyNoHosts === undefined && !isFast) {
  console.log('stopping the hosts');
  await discardTestHosts(join(projectRoot, '.rollgate'));
}

console.log(`\n${timeTable(results, secondsSince(beganAt))}`);
const total = addCounts(
  results.flatMap(({ report, skipped }) => [countReport(report), { passed: 0, failed: 0, skipped: skipped ?? 0 }]),
);
console.log(`\n${stopping.signal.aborted ? 'stopped before the end\n' : ''}${closingLine(total)}`);
process.exitCode = total.failed === 0 && !stopping.signal.aborted ? 0 : 1;

async function runLane(parts: readonly Part[]): Promise<readonly (TimedPart & PartResult)[]> {
  const done: (TimedPart & PartResult)[] = [];
  for (const { name, run } of parts) {
    if (stopping.signal.aborted) break;
    const began = performance.now();
    const label = lanes.flat().length === 1 ? '' : `${name.padEnd(width)} │ `;
    const result = await run((line) => console.log(`${label}${line}`));
    done.push({ name, seconds: secondsSince(began), ...result });
  }
  return done;
}

/** A check that fails counts as a failed test. */
async function checkTree(print: Print): Promise<PartResult> {
  const failed = await runChecks(projectRoot, print, givingWay);
  if (failed.length > 0) print(`failed checks: ${failed.join(', ')}`);
  return { report: { files: [], errors: failed.length } };
}

async function runOnHosts(projects: readonly string[], print: Print): Promise<PartResult> {
  if (whyNoHosts !== undefined) return skipFiles(projects, 'on real systemd hosts', whyNoHosts, print);
  // Made before the tests: no hook's time limit is to hold for what happens once on a machine.
  const roots = join(projectRoot, '.rollgate', 'roots');
  const options = { onProgress: print, signal: stopping.signal };
  await Promise.all([ensureReadyRoot(roots, options), ensureUpstreamsRoot(roots, options)]);
  return runProjects(projects, print);
}

async function runOnEmulators(print: Print): Promise<PartResult> {
  const tools = await ensurePythonTools(print);
  return 'bin' in tools
    ? runProjects(['emulators'], print)
    : skipFiles(['emulators'], 'on emulators of AWS', tools.why, print);
}

function skipFiles(projects: readonly string[], where: string, why: string, print: Print): PartResult {
  const files = projects.flatMap((project) => globSync(filesOfProject[project] ?? [], { cwd: projectRoot }));
  const skipped = files.length;
  print(`${projects.join(', ')}: SKIPPED ${skipped} test files ${where}: ${why}`);
  return { report: emptyReport, skipped };
}

async function runProjects(projects: readonly string[], print: Print, niceness = 0): Promise<PartResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'rollgate-test-'));
  const reportFile = join(scratch, 'report.json');
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const options = ['--passWithNoTests', '--update=none', ...projects.flatMap((project) => ['--project', project])];
  const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  try {
    const { code } = await runProgram(process.execPath, [vitest, 'run', ...options, ...forVitest], {
      cwd: projectRoot,
      env: { ...process.env, ...color, [reportVariable]: reportFile },
      onLine: print,
      niceness,
      signal: stopping.signal,
    });
    const report = readReport(reportFile);
    // Vitest also fails for what no test reports: a broken configuration.
    const isUntold = code !== 0 && countReport(report).failed === 0;
    return { report: isUntold ? { ...report, errors: 1 } : report };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readReport(file: string): TestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return emptyReport;
  }
}

/** Why real hosts can't run here; undefined where they can. Installs what they need before anything else runs apt. */
async function findWhyNoHosts(): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return 'they need Linux';
  }
  if (process.getuid?.() !== 0) {
    return 'they need root';
  }
  const missing = await ensurePrograms(['systemd-nspawn', 'mmdebstrap', 'iptables', 'ip', 'nsenter']);
  return missing.length === 0 ? undefined : `missing and not to be installed here: ${missing.join(', ')}`;
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}
