import { expect, test } from 'vitest';
import { readJournal } from '../../../core/diagnosis/journal-facts.ts';

const frame = (file: string, line: number): string => `  File "/app/releases/v2/${file}", line ${line}, in <module>`;

test('a worker that was interrupted while it loaded does not hide why the application does not load', () => {
  const facts = readJournal([
    'Traceback (most recent call last):',
    frame('version.py', 12),
    'RuntimeError: cannot connect',
    'Traceback (most recent call last):',
    frame('shop.py', 5),
    'KeyboardInterrupt',
  ]);

  expect(facts).toMatchObject({ exception: 'RuntimeError: cannot connect', place: 'version.py line 12' });
});

test('an interruption that stands alone is told', () => {
  const facts = readJournal(['Traceback (most recent call last):', frame('shop.py', 5), 'KeyboardInterrupt']);

  expect(facts).toMatchObject({ exception: 'KeyboardInterrupt', place: 'shop.py line 5' });
});
