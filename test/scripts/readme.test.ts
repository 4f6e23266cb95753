import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DrawnDefinition, guideParts, readmeParts, renderReadme } from '../../scripts/readme-parts.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const definition = JSON.parse(read('state-machine/rollout.asl.json')) as DrawnDefinition;

test('the README shows the terminal, the machine, the end states and the exit codes as they are (npm run readme)', () => {
  const readme = read('README.md');

  expect(renderReadme(readme, readmeParts(definition, read('test/cli/golden/status.txt')))).toBe(readme);
  expect(readme.match(/<!-- generated: \w+ -->/g)).toHaveLength(4);
});

test('the operating guide lists the causes and what is done about them as the code has them (npm run readme)', () => {
  const guide = read('docs/operating.md');

  expect(renderReadme(guide, guideParts())).toBe(guide);
  expect(guide.match(/<!-- generated: \w+ -->/g)).toHaveLength(2);
});

test('a marker that nothing is generated for is an error', () => {
  expect(() => renderReadme('<!-- generated: other -->\n<!-- end -->', {})).toThrow('the marker other');
});
