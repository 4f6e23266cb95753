/** What became of one test. */
export interface TestResult {
  /** With the names of the groups around it: `hosts behind a load balancer > a host joins`. */
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
}

/** What became of one test file. */
export interface FileResult {
  readonly project: string;
  /** Below the project's root: `test/cli/say.test.ts`. */
  readonly file: string;
  /** Loading, hooks and tests. */
  readonly seconds: number;
  readonly tests: readonly TestResult[];
  /** Errors of the file itself: it could not be loaded, or a hook around all its tests failed. */
  readonly errors: number;
}

/** One run of vitest, as `report-writer.ts` leaves it. */
export interface TestReport {
  readonly files: readonly FileResult[];
  /** Errors that belong to no file: an unhandled rejection. */
  readonly errors: number;
}

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const emptyReport: TestReport = { files: [], errors: 0 };

/** Counts the tests of a report; a file that failed without a failed test counts as one failure. */
export function countReport(report: TestReport): TestCount {
  const statuses = report.files.flatMap(({ tests, errors }) => {
    const ofTests = tests.map(({ status }) => status);
    return errors > 0 && !ofTests.includes('failed') ? [...ofTests, 'failed'] : ofTests;
  });
  const passed = statuses.filter((status) => status === 'passed').length;
  const failed = statuses.filter((status) => status === 'failed').length;
  return { passed, failed: failed + report.errors, skipped: statuses.length - passed - failed };
}

export function addCounts(counts: readonly TestCount[]): TestCount {
  return counts.reduce(
    (sum, count) => ({
      passed: sum.passed + count.passed,
      failed: sum.failed + count.failed,
      skipped: sum.skipped + count.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** `12 passed, 0 failed, 1 skipped` */
export function closingLine(count: TestCount): string {
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
}
