/** Puts the generated parts of the READMEs in anew: `node scripts/render-readme.ts` (a test says when it is due). */
import { readFileSync, writeFileSync } from 'node:fs';
import { gapTables } from '../test/contract/gap-tables.ts';
import { type DrawnDefinition, guideParts, readmeParts, renderReadme } from './readme-parts.ts';

const definition = new URL('../state-machine/rollout.asl.json', import.meta.url);
/** A rollout that turned back: the picture of the terminal is what a test of the command compares letter by letter. */
const screen = new URL('../test/cli/golden/status.txt', import.meta.url);
const parts = readmeParts(
  JSON.parse(readFileSync(definition, 'utf8')) as DrawnDefinition,
  readFileSync(screen, 'utf8'),
);
render('../README.md', parts);
render('../docs/operating.md', guideParts());
render('../test/acceptance/README.md', gapTables());

function render(path: string, generated: Readonly<Record<string, string>>): void {
  const file = new URL(path, import.meta.url);
  writeFileSync(file, renderReadme(readFileSync(file, 'utf8'), generated));
}
