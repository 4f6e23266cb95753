import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { countReport, type TestReport } from '../../../scripts/test-run/test-report.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const writer = join(root, 'scripts', 'test-run', 'report-writer.ts');

/** What vitest's own run of a file with this text is reported as. */
function reportOf(text: string): TestReport {
  const folder = mkdtempSync(join(tmpdir(), 'rollgate-report-'));
  try {
    const file = join(folder, 'report.json');
    writeFileSync(join(folder, 'some.test.ts'), text);
    writeFileSync(
      join(folder, 'vitest.config.ts'),
      `import { reportWriter } from '${writer}';
export default { test: { name: 'mine', globals: true, reporters: [reportWriter('${file}')] } };`,
    );
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    try {
      execFileSync(process.execPath, [vitest, 'run', '--root', folder], { stdio: 'pipe' });
    } catch {
      // Some of its tests fail on purpose.
    }
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('tells project, file, names and what became of each test', () => {
  const { files, errors } = reportOf(`
    describe('a group', () => {
      test('passes', () => new Promise((resolve) => setTimeout(resolve, 20)));
      test('fails', () => expect(1).toBe(2));
      test('is left out', ({ skip }) => skip());
    });`);

  expect(errors).toBe(0);
  expect(files).toMatchObject([{ project: 'mine', file: 'some.test.ts', errors: 0 }]);
  expect(files[0]?.tests.map(({ name, status }) => [name, status])).toEqual([
    ['a group > passes', 'passed'],
    ['a group > fails', 'failed'],
    ['a group > is left out', 'skipped'],
  ]);
  expect(files[0]?.tests[0]?.seconds).toBeGreaterThan(0);
  expect(files[0]?.seconds).toBeGreaterThanOrEqual(files[0]?.tests[0]?.seconds ?? 0);
});

it('tells a file that can not be loaded, a hook that fails and a rejection that nobody handles', () => {
  expect(countReport(reportOf("throw new Error('broken');"))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(
    countReport(reportOf("afterAll(() => { throw new Error('left behind'); }); test('passes', () => undefined);")),
  ).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(countReport(reportOf("test('passes', () => void Promise.reject(new Error('unhandled')));"))).toMatchObject({
    failed: 1,
  });
});
