import { readFileSync } from 'node:fs';

/** The cells of the table in the doc comment of `export function name`, its two head lines left out. */
export function documentedRows(file: string, name: string): string[][] {
  const source = readFileSync(file, 'utf8');
  const comment =
    source
      .slice(0, source.indexOf(`export function ${name}(`))
      .split('/**')
      .at(-1) ?? '';
  return comment
    .split('\n')
    .filter((line) => /^ \* \|/.test(line))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** `['a', 'b']` of `a, b`. */
export function wordsOf(cell: string | undefined): string[] {
  return (cell ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
