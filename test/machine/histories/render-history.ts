import type { HistoryResult } from './run-history.ts';

/** A history as a person reads it: what happened and when, which promises it broke, and how to play it again. */
export function renderHistory({ seed, broken, lines }: HistoryResult): string {
  return [
    `history ${seed}: ${lines[0]}`,
    ...lines.slice(1).map((line) => `  ${line}`),
    ...(broken.length === 0 ? ['every promise was kept'] : ['broken promises:', ...broken.map((line) => `  ${line}`)]),
    `to play it again: npm run histories -- --seed ${seed}`,
  ].join('\n');
}
