/**
 * What a stage costs on AWS, as the tables of docs/deploying-to-aws.md: the state machine and the handlers are run as the
 * tests run them, and every transition, invocation and request is counted. `--write` puts the tables into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { costTables, withTables } from './costs/cost-tables.ts';

const page = new URL('../docs/deploying-to-aws.md', import.meta.url);
const tables = await costTables();
if (process.argv.includes('--write')) {
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables));
} else {
  console.log(Object.values(tables).join('\n\n'));
}
