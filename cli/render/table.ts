import { padEnd, type Style, widthOf } from './style.ts';

/** Columns under their titles, each as wide as its widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], style: Style): readonly string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => widthOf(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [style.faint(line(head)), ...rows.map(line)];
}

/** `key  value`, one a line; a value of null is left out. */
export function keyValues(
  facts: readonly (readonly [key: string, value: string | null])[],
  style: Style,
): readonly string[] {
  return facts.flatMap(([key, value]) => (value === null ? [] : [`${style.faint(padEnd(key, 10))}  ${value}`]));
}

/** `512 B`, `4.1 kB`, `12.0 MB`, `3.2 GB` */
export function sizeText(bytes: number): string {
  if (bytes < 1000) {
    return `${bytes} B`;
  }
  if (bytes < 1_000_000) {
    return `${(bytes / 1000).toFixed(1)} kB`;
  }
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
