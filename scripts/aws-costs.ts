/**
 * What a stage costs on AWS, as the tables of docs/deploying-to-aws.md: the state machine and the handlers are run as the
 * tests run them, and every transition, invocation and request is counted. `--write` puts the tables into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { costTables, countFleets, withTables } from './costs/cost-tables.ts';

const page = new URL('../docs/deploying-to-aws.md', import.meta.url);
const counted = await countFleets();
const tables = await costTables(counted);
if (process.argv.includes('--write')) {
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables));
} else {
  console.log(Object.values(tables).join('\n\n'));
  const reads = counted.map(({ hosts, ledgerReads }) => `${hosts} hosts: ${ledgerReads}`).join(', ');
  console.log(`\nObjects that the handlers read from the ledger for a new version: ${reads}`);
}
