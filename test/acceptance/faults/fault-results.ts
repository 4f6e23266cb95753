import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { catalogue } from './catalogue.ts';
import type { FaultResult } from './try-fault.ts';

/** Leaves what became of a fault in the folder of this run, for the test that compares all of them. */
export function leaveFaultResult(result: FaultResult): void {
  writeFileSync(fileOf(result.name), JSON.stringify(result));
}

/** What became of every fault of the catalogue in this run. Throws where one was not tried: then nothing is compared. */
export function readFaultResults(): readonly FaultResult[] {
  const missing = catalogue.filter(({ name }) => !existsSync(fileOf(name)));
  if (missing.length > 0) {
    throw new Error(
      `This check needs the result of every fault, and these were not tried in this run: ${missing.map(({ name }) => name).join(', ')}. To try all of them: npm test -- --acceptance`,
    );
  }
  return catalogue.map(({ name }) => JSON.parse(readFileSync(fileOf(name), 'utf8')) as FaultResult);
}

function fileOf(fault: string): string {
  return join(inject('recordsFolder'), `fault-${fault}.json`);
}
