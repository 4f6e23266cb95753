/** Puts the generated parts of README.md in anew: `node scripts/render-readme.ts` (a test says when it is due). */
import { readFileSync, writeFileSync } from 'node:fs';
import { type DrawnDefinition, readmeParts, renderReadme } from './readme-parts.ts';

const readme = new URL('../README.md', import.meta.url);
const definition = new URL('../state-machine/rollout.asl.json', import.meta.url);
const parts = readmeParts(JSON.parse(readFileSync(definition, 'utf8')) as DrawnDefinition);
writeFileSync(readme, renderReadme(readFileSync(readme, 'utf8'), parts));
