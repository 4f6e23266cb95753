import { expect, it } from 'vitest';
import type { FileResult } from '../../../scripts/test-run/test-report.ts';
import { timeTable } from '../../../scripts/test-run/time-table.ts';

function file(project: string, name: string, seconds: number, tests: Readonly<Record<string, number>>): FileResult {
  const results = Object.entries(tests).map(([test, took]) => ({
    name: test,
    status: 'passed' as const,
    seconds: took,
  }));
  return { project, file: name, seconds, tests: results, errors: 0 };
}

it('names the parts with their projects, and the slowest files and tests, the slowest first', () => {
  const parts = [
    { name: 'checks', seconds: 21.4, report: { files: [], errors: 0 } },
    {
      name: 'hosts and acceptance',
      seconds: 605,
      report: {
        files: [
          file('hosts', 'test/hosts/boot.test.ts', 40, { 'boots a host': 1.5, 'shuts it down': 0.26 }),
          file('acceptance', 'test/acceptance/main-job.test.ts', 330.06, { 'rolls out': 61.2 }),
          file('acceptance', 'test/acceptance/mishaps.test.ts', 120, { 'is repaired': 33 }),
        ],
        errors: 0,
      },
    },
  ];

  expect(timeTable(parts, 605)).toBe(
    [
      'Where the time went: 10:05 in all; parts ran beside each other',
      '   0:21  checks',
      '  10:05  hosts and acceptance',
      '         hosts: 1 file, 0:40 of work, 2 passed, 0 failed, 0 skipped',
      '         acceptance: 2 files, 7:30 of work, 2 passed, 0 failed, 0 skipped',
      'Slowest files',
      '   330.1 s  test/acceptance/main-job.test.ts',
      '   120.0 s  test/acceptance/mishaps.test.ts',
      '    40.0 s  test/hosts/boot.test.ts',
      'Slowest tests',
      '    61.2 s  test/acceptance/main-job.test.ts: rolls out',
      '    33.0 s  test/acceptance/mishaps.test.ts: is repaired',
      '     1.5 s  test/hosts/boot.test.ts: boots a host',
      '     0.3 s  test/hosts/boot.test.ts: shuts it down',
    ].join('\n'),
  );
});

it('lists no more than the slowest twelve files', () => {
  const files = Array.from({ length: 20 }, (_, index) => file('fast', `test/${index}.test.ts`, index, {}));

  const table = timeTable([{ name: 'fast', seconds: 190, report: { files, errors: 0 } }], 190);

  expect(table.match(/test\/\d+\.test\.ts/g)).toEqual(
    [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8].map((index) => `test/${index}.test.ts`),
  );
});
