import { readFileSync } from 'node:fs';

/** The cells of the first table below a `## heading` of a page, its two head lines left out. */
export function documentedTable(file: string, heading: string): string[][] {
  const section = readFileSync(file, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
