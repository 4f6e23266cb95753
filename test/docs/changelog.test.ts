import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const changelog = readFileSync('CHANGELOG.md', 'utf8');
const headings = [...changelog.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
const versions = headings.slice(1).map((heading) => heading.split(' - ')[0]);
const versionOf = (file: string): string => (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

test('the changelog has what is not released on top, then versions with their dates, newest first', () => {
  const dates = headings.slice(1).map((heading) => heading.split(' - ')[1]);

  expect(headings[0]).toBe('Unreleased');
  expect(headings.slice(1).filter((heading) => !/^\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}$/.test(heading))).toEqual([]);
  expect(dates).toEqual(dates.toSorted().toReversed());
  expect(new Set(versions).size).toBe(versions.length);
});

test('what stands under a version is added, changed, removed or fixed', () => {
  const kinds = [...changelog.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind);

  expect(kinds.filter((kind) => !['Added', 'Changed', 'Removed', 'Fixed', 'Security'].includes(kind ?? ''))).toEqual(
    [],
  );
});

test('the newest version is that of the package', () => {
  expect([versionOf('package.json'), versionOf('package-lock.json')]).toEqual([versions[0], versions[0]]);
});
