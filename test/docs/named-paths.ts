import { existsSync, globSync, readdirSync } from 'node:fs';

/** What the packages and the tools of this machine bring is no part of the repository. */
const foreign = ['node_modules', '.git', '.rollgate', '.serverless', '.esbuild'];

/** Folders at the root of the repository: what a path of ours begins with. */
const folders = readdirSync('.', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !foreign.includes(entry.name))
  .map(({ name }) => name.replaceAll('.', '\\.'));

const path = new RegExp(`(?<![\\w./@<>-])(?:${folders.join('|')})/[^\\s#\`"'()\\[\\]|,;]*`, 'g');

/**
 * Paths of the repository that a text names, each once. A path with a placeholder stands for many and is left out.
 *
 * | text                                   | paths                      |
 * |----------------------------------------|----------------------------|
 * | see `core/model/errors.ts`, or `cli/`. | core/model/errors.ts, cli/ |
 * | the files of `services/<name>.yml`     |                            |
 * | `infra/documents/*.yml`                | infra/documents/*.yml      |
 * | `/payment/local/AMQP_PASS`             |                            |
 */
export function namedPaths(text: string): readonly string[] {
  const found = [...text.matchAll(path)].map(([word]) => word.replace(/[.:]+$/, ''));
  return [...new Set(found)].filter((word) => !/[<>{}$…]/.test(word));
}

/** Whether a path, or something that a path with `*` matches, is there. */
export function isThere(name: string): boolean {
  return name.includes('*') ? globSync(name).length > 0 : existsSync(name);
}
