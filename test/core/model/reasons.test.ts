import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reasonCodes } from '../../../core/model/reasons.ts';

const sources = globSync('{core,functions}/**/*.ts').map((file) => readFileSync(file, 'utf8'));

test.each(reasonCodes)('some code gives the reason %s', (code) => {
  const isGiven = new RegExp(`\\breason\\(\\s*'${code}'`);
  expect(sources.some((text) => isGiven.test(text))).toBe(true);
});
