import { expect, it } from 'vitest';
import { addCounts, closingLine, countReport } from '../../scripts/count-tests.ts';

it('counts tests of all files, and a file that could not be loaded as one failure', () => {
  const report = {
    testResults: [
      { status: 'passed', assertionResults: [{ status: 'passed' }, { status: 'pending' }] },
      { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
      { status: 'failed', assertionResults: [] },
    ],
  };

  expect(closingLine(countReport(report))).toBe('2 passed, 2 failed, 1 skipped');
});

it('adds the projects up', () => {
  const sum = addCounts([
    { passed: 2, failed: 0, skipped: 1 },
    { passed: 3, failed: 1, skipped: 0 },
  ]);

  expect(closingLine(sum)).toBe('5 passed, 1 failed, 1 skipped');
});
