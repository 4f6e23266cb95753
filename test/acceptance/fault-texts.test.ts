import { expect, it } from 'vitest';
import { catalogue } from './faults/catalogue.ts';
import { readFaultResults } from './faults/fault-results.ts';
import { lookAlikes } from './faults/look-alikes.ts';
import { whyNoHostTests } from './local-stage.ts';

const why = await whyNoHostTests();

it.skipIf(why !== undefined)('no two faults share a text that would mislead', () => {
  expect(lookAlikes(catalogue, readFaultResults())).toEqual([]);
});
