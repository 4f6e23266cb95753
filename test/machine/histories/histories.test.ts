import { expect, test } from 'vitest';
import { generateHistory } from './generate-history.ts';
import { renderHistory } from './render-history.ts';
import { runHistory } from './run-history.ts';

/** `npm run histories` plays others. */
const seeds = Array.from({ length: 300 }, (_, index) => index + 1);
const seedsPerTest = 25;

const chunks = Array.from({ length: seeds.length / seedsPerTest }, (_, index) =>
  seeds.slice(index * seedsPerTest, (index + 1) * seedsPerTest),
);

test.each(chunks.map((chunk) => [chunk[0], chunk.at(-1), chunk] as const))(
  'histories %i to %i: whatever is asked for and whatever goes wrong, every promise is kept',
  async (_first, _last, chunk) => {
    const broken: string[] = [];
    for (const seed of chunk) {
      const result = await runHistory(generateHistory(seed));
      if (result.broken.length > 0) broken.push(renderHistory(result));
    }

    expect(broken.join('\n\n')).toBe('');
  },
);

test('a history plays the same every time', async () => {
  const [first, second] = [await runHistory(generateHistory(7)), await runHistory(generateHistory(7))];

  expect(second).toEqual(first);
});

test('a history that breaks a promise is told with all that happened, and with the command that plays it again', () => {
  const lines = ['v2 is stable, after v1, on a, b', '0:00:00  1. a person says halt', 'at the end: a v2, b v2'];

  const text = renderHistory({ seed: 1234, lines, broken: ['the lock is not free at the end: d-1 has it'] });

  expect(text).toBe(`history 1234: v2 is stable, after v1, on a, b
  0:00:00  1. a person says halt
  at the end: a v2, b v2
broken promises:
  the lock is not free at the end: d-1 has it
to play it again: npm run histories -- --seed 1234`);
});
