import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultBench, startBench } from './faults/bench.ts';
import { catalogue } from './faults/catalogue.ts';
import { lookAlikes } from './faults/look-alikes.ts';
import type { FaultResult } from './faults/try-fault.ts';
import { whyNoHostTests } from './local-stage.ts';

const why = await whyNoHostTests();

/** The catalogue of injected faults, one test each; `npm run faults` prints the same as a table. */
describe.runIf(why === undefined)('a fault that is injected is told by its own name', () => {
  let bench: FaultBench;
  const results: FaultResult[] = [];

  beforeAll(async () => {
    bench = await startBench('test-faults');
  });
  afterAll(async () => {
    await bench?.stop();
  });

  it.each(catalogue)('$name: $injected', async (fault) => {
    const result = await bench.try(fault);

    results.push(result);
    expect(result.problems).toEqual([]);
  });

  it('no two faults share a text that would mislead', () => {
    expect(results).toHaveLength(catalogue.length);
    expect(lookAlikes(catalogue, results)).toEqual([]);
  });
});
