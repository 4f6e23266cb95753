import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderReadme } from '../../scripts/readme-parts.ts';
import { gapTables } from './gap-tables.ts';

const readme = readFileSync(new URL('../acceptance/README.md', import.meta.url), 'utf8');

test('the README of the acceptance lists the gaps of every back end as they are (npm run readme)', () => {
  const tables = gapTables();

  expect(renderReadme(readme, tables)).toBe(readme);
  expect(readme.match(/<!-- generated: \w+ -->/g)).toHaveLength(Object.keys(tables).length);
});

test('what is said to show something is there', () => {
  const paths = [...new Set(readme.match(/\btest\/[\w./-]*\w/g))];

  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
});
