import { closingLine, countReport, type FileResult, type TestReport } from './test-report.ts';

/** One part of a run: the checks, or one run of vitest. */
export interface TimedPart {
  readonly name: string;
  /** Wall-clock time of the part; parts overlap. */
  readonly seconds: number;
  readonly report: TestReport;
}

const slowestFiles = 12;
const slowestTests = 15;

/**
 * Where the time of a run went: its parts with the projects in them, the slowest files, the slowest tests. Times of files
 * are what a worker was busy with them, so that those of a project add up to more than its wall-clock time.
 */
export function timeTable(parts: readonly TimedPart[], seconds: number): string {
  const files = parts.flatMap(({ report }) => report.files);
  const tests = files.flatMap(({ file, tests: those }) => those.map((test) => ({ ...test, file })));
  const bySeconds = (one: { readonly seconds: number }, other: { readonly seconds: number }): number =>
    other.seconds - one.seconds;
  return [
    `Where the time went: ${clock(seconds).trim()} in all; parts ran beside each other`,
    ...parts.flatMap((part) => [
      `  ${clock(part.seconds)}  ${part.name}`,
      ...projectsOf(part.report.files).map((line) => `         ${line}`),
    ]),
    ...section(
      'Slowest files',
      [...files]
        .sort(bySeconds)
        .slice(0, slowestFiles)
        .map((each) => [each.seconds, each.file]),
    ),
    ...section(
      'Slowest tests',
      [...tests]
        .sort(bySeconds)
        .slice(0, slowestTests)
        .map((each) => [each.seconds, `${each.file}: ${each.name}`]),
    ),
  ].join('\n');
}

function projectsOf(files: readonly FileResult[]): readonly string[] {
  const names = [...new Set(files.map(({ project }) => project))];
  return names.map((name) => {
    const own = files.filter(({ project }) => project === name);
    const busy = own.reduce((sum, { seconds }) => sum + seconds, 0);
    const count = closingLine(countReport({ files: own, errors: 0 }));
    return `${name}: ${own.length} ${own.length === 1 ? 'file' : 'files'}, ${clock(busy).trim()} of work, ${count}`;
  });
}

function section(title: string, rows: readonly (readonly [seconds: number, what: string])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [title, ...rows.map(([seconds, what]) => `  ${seconds.toFixed(1).padStart(6)} s  ${what}`)];
}

/** ` 2:05`: minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2)}:${String(whole % 60).padStart(2, '0')}`;
}
