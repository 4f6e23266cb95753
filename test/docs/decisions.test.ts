import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = 'docs/decisions';
const records = readdirSync(folder).filter((name) => name !== 'README.md');
const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');

test('the list of decisions names every record by its title, in order', () => {
  const listed = [...read('README.md').matchAll(/^\| \[(\d{4})\]\(([^)]+)\) \| (.+) \|$/gm)];

  expect(listed.map(([, number, name, title]) => ({ name, heading: `# ${number}. ${title}` }))).toEqual(
    records.map((name) => ({ name, heading: read(name).split('\n')[0] })),
  );
});

test.each(records)('%s has a date, its context, the decision, its consequences and what was rejected', (name) => {
  const text = read(name);

  expect(text).toMatch(/^Decided on \d{4}-\d{2}-\d{2}\. /m);
  expect([...text.matchAll(/^\*\*(\w+)\.\*\*/gm)].map(([, word]) => word)).toEqual([
    ...['Context', 'Decision', 'Consequences', 'Rejected'],
  ]);
});
