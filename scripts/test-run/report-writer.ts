import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { FileResult, TestReport, TestResult } from './test-report.ts';

/** The environment variable that names the file which the report of a run is written to. */
export const reportVariable = 'ROLLGATE_TEST_REPORT';

/** A reporter of vitest that writes the run's `TestReport` as JSON when the run is over. */
export function reportWriter(file: string): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const report: TestReport = { files: modules.map(fileResult), errors: unhandledErrors.length };
      writeFileSync(file, JSON.stringify(report));
    },
  };
}

function fileResult(module: TestModule): FileResult {
  const { collectDuration, setupDuration, environmentSetupDuration, prepareDuration, duration } = module.diagnostic();
  const loading = collectDuration + setupDuration + environmentSetupDuration + prepareDuration;
  return {
    project: module.project.name,
    file: relative(module.project.config.root, module.moduleId),
    seconds: (loading + duration) / 1000,
    tests: [...module.children.allTests()].map(testResult),
    errors: module.errors().length + [...module.children.allSuites()].flatMap((suite) => suite.errors()).length,
  };
}

function testResult(test: TestCase): TestResult {
  const { state } = test.result();
  return {
    name: test.fullName,
    // A test that never came to its end did not pass.
    status: state === 'pending' ? 'failed' : state,
    seconds: (test.diagnostic()?.duration ?? 0) / 1000,
  };
}
