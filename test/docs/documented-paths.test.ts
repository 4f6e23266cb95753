import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentedRows, wordsOf } from '../core/documented-rows.ts';
import { isThere, namedPaths } from './named-paths.ts';

const pages = [...globSync('*.md'), ...globSync('docs/**/*.md'), ...globSync('test/**/*.md')].sort();
const sources = globSync(
  '{core,clients,ledger,functions,cli,infra,local,scripts,services,samples,state-machine,test}/**/*',
  {
    withFileTypes: true,
  },
)
  .filter((entry) => entry.isFile() && /\.(?:[cm]?[jt]s|sh|py|ya?ml|json|ini)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));
const read = (path: string): string => readFileSync(path, 'utf8');

describe('what the documents name is there:', () => {
  test.each(pages)('%s', (page) => {
    // A changelog tells of what was: files that it names may have moved since.
    const named = page === 'CHANGELOG.md' ? [] : namedPaths(read(page));

    expect(named.filter((path) => !isThere(path))).toEqual([]);
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  test('and they name many', () => {
    expect(pages).toEqual(expect.arrayContaining(['CONTRIBUTING.md', 'README.md', 'SECURITY.md']));
    expect(namedPaths(read('CONTRIBUTING.md')).length).toBeGreaterThan(50);
  });
});

test('no file of the repository cites a page that is not in it', () => {
  const cited = sources.flatMap((file) =>
    [...read(file).matchAll(/(?<![\w./-])[\w./-]*\w\.md\b/g)].map(([page]) => ({ file, page })),
  );

  expect(cited.filter(({ file, page }) => !isThere(page) && !isThere(join(dirname(file), page)))).toEqual([]);
  expect(cited.length).toBeGreaterThan(5);
});

test('no comment or message names a file that is not there', () => {
  const named = sources
    .filter((file) => !file.startsWith('test/'))
    .flatMap((file) => namedPaths(read(file)).map((path) => ({ file, path })))
    .filter(({ path }) => /\.\w+$/.test(path));

  expect(named.filter(({ path }) => !isThere(path))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test('paths are found as its table says', () => {
  const rows = documentedRows('test/docs/named-paths.ts', 'namedPaths');

  expect(rows.map(([text = '']) => namedPaths(text))).toEqual(rows.map(([, paths]) => wordsOf(paths)));
  expect(rows).toHaveLength(4);
});

/** Targets of the links of a page that lead to the repository itself. */
function linksOf(page: string): readonly string[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .flatMap(([, link]) => (link === undefined ? [] : [link]))
    .filter((link) => !/^[a-z]+:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : join(dirname(page), file);
  return isThere(target) && (anchor === undefined || anchorsOf(read(target)).includes(anchor));
}

/** As GitHub makes them of the headings of a page. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
