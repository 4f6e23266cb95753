import type { FaultResult } from './try-fault.ts';

/** Columns of the table that hold as much of the meaning as fits. */
const meaningColumns = 64;

/** The table of what was tried, one line per fault, with what is wrong below the line that it belongs to. */
export function renderFaults(results: readonly FaultResult[]): readonly string[] {
  const rows = results.map((result, index) => [
    String(index + 1),
    result.name,
    result.isSimulated ? 'simulated' : 'real',
    result.end ?? 'no end',
    result.diagnosis?.cause ?? (result.end === 'Succeeded' ? 'no harm' : 'none'),
    firstWords(result.diagnosis?.meaning ?? result.firstLine ?? ''),
    result.seconds.toFixed(0),
    result.problems.length === 0 ? '✓' : '✗',
  ]);
  const head = ['#', 'fault', 'injected', 'end', 'cause', 'what a person reads', 's', ''];
  const widths = head.map((title, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? title).length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [
    line(head),
    ...rows.flatMap((row, index) => [
      line(row),
      ...(results[index]?.problems ?? []).map((problem) => `      ✗ ${problem}`),
    ]),
  ];
}

function isNumber(column: number): boolean {
  return column === 0 || column === 6;
}

function firstWords(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length <= meaningColumns ? line : `${line.slice(0, meaningColumns - 1).trimEnd()}…`;
}
