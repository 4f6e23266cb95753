import { expect, it } from 'vitest';
import {
  addCounts,
  closingLine,
  countReport,
  type FileResult,
  type TestResult,
} from '../../../scripts/test-run/test-report.ts';

function fileWith(statuses: readonly TestResult['status'][], errors = 0): FileResult {
  const tests = statuses.map((status, index) => ({ name: `test ${index}`, status, seconds: 1 }));
  return { project: 'fast', file: 'test/some.test.ts', seconds: 2, tests, errors };
}

it('counts the tests of all files', () => {
  const report = { files: [fileWith(['passed', 'skipped']), fileWith(['failed', 'passed'])], errors: 0 };

  expect(countReport(report)).toEqual({ passed: 2, failed: 1, skipped: 1 });
});

it('counts a file that could not be loaded as one failure', () => {
  expect(countReport({ files: [fileWith([], 1)], errors: 0 })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it('counts a failed hook as one failure, and only where no test of the file failed', () => {
  const report = { files: [fileWith(['passed'], 1), fileWith(['failed'], 1)], errors: 0 };

  expect(countReport(report)).toEqual({ passed: 1, failed: 2, skipped: 0 });
});

it('counts an error that belongs to no file as a failure', () => {
  expect(countReport({ files: [fileWith(['passed'])], errors: 1 })).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it('adds the parts of a run up', () => {
  const sum = addCounts([
    { passed: 2, failed: 0, skipped: 1 },
    { passed: 3, failed: 1, skipped: 0 },
  ]);

  expect(closingLine(sum)).toBe('5 passed, 1 failed, 1 skipped');
});
