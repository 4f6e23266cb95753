/**
 * `npm test`, after set-up: the checks, the fast tests, then the tests on real systemd hosts. `--fast` leaves the hosts
 * out, `--acceptance` runs nothing but the emulators of AWS and the main job end to end, `--all` runs everything. Other
 * arguments go to vitest. The last line counts: `N passed, N failed, N skipped`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runChecks } from './checks.ts';
import { addCounts, closingLine, countReport, type TestCount, type TestReport } from './count-tests.ts';
import { ensurePrograms } from './debian-packages.ts';
import { ensurePythonTools } from './python-tools.ts';
import { runProgram } from './run-program.ts';

const projectRoot = dirname(import.meta.dirname);
const args = process.argv.slice(2);
const ownOptions = ['--fast', '--acceptance', '--all'];
const forVitest = args.filter((arg) => !ownOptions.includes(arg));
const isOnly = (option: string): boolean => args.includes(option);

const failedChecks = isOnly('--acceptance') ? [] : await runChecks(projectRoot);
const counts: TestCount[] = [];
if (!isOnly('--acceptance')) {
  counts.push(await runProject('fast'));
}
if (!isOnly('--acceptance') && !isOnly('--fast')) {
  counts.push(await runOnHosts('hosts'));
}
if (isOnly('--acceptance') || isOnly('--all')) {
  counts.push(await runOnEmulators());
  counts.push(await runOnHosts('acceptance'));
}
if (failedChecks.length > 0) {
  console.log(`\nfailed checks: ${failedChecks.join(', ')}`);
}
const total = addCounts([...counts, { passed: 0, failed: failedChecks.length, skipped: 0 }]);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function runOnHosts(project: 'hosts' | 'acceptance'): Promise<TestCount> {
  const why = await whyNoHosts();
  return why === undefined ? runProject(project) : skipFiles(project, 'on real systemd hosts', why);
}

async function runOnEmulators(): Promise<TestCount> {
  const tools = await ensurePythonTools(console.log);
  return 'bin' in tools ? runProject('emulators') : skipFiles('emulators', 'on emulators of AWS', tools.why);
}

function skipFiles(project: string, where: string, why: string): TestCount {
  const skipped = testFilesOf(project);
  console.log(`\n${project}: SKIPPED ${skipped} test files ${where}: ${why}`);
  return { passed: 0, failed: 0, skipped };
}

async function runProject(project: string): Promise<TestCount> {
  const scratch = mkdtempSync(join(tmpdir(), 'rollgate-test-'));
  const reportFile = join(scratch, 'report.json');
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
  const options = [
    '--passWithNoTests',
    '--update=none',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
  ];
  try {
    const { code } = await runProgram(
      process.execPath,
      [vitest, 'run', '--project', project, ...options, ...forVitest],
      { cwd: projectRoot },
    );
    const count = countReport(readReport(reportFile));
    // Vitest also fails for what no test reports: an unhandled rejection, a broken configuration.
    return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readReport(file: string): TestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return {};
  }
}

/** Why real hosts can't run here; undefined where they can. */
async function whyNoHosts(): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return 'they need Linux';
  }
  if (process.getuid?.() !== 0) {
    return 'they need root';
  }
  const missing = await ensurePrograms(['systemd-nspawn', 'mmdebstrap', 'iptables', 'ip', 'nsenter']);
  return missing.length === 0 ? undefined : `missing and not to be installed here: ${missing.join(', ')}`;
}

function testFilesOf(project: string): number {
  const names = readdirSync(join(projectRoot, 'test', project), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.test.ts')).length;
}
