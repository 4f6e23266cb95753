import { expect, it } from 'vitest';
import { parseStartOptions } from '../../../local/start/start-options.ts';

it('brings up whatever hosts can run, over what was there, where nothing is said', () => {
  expect(parseStartOptions([])).toEqual({
    kind: 'run',
    options: { hosts: 'auto', isFresh: false, isStaying: false, isJson: false },
  });
});

it('takes every option', () => {
  expect(parseStartOptions(['--fresh', '--stay', '--json', '--hosts', 'nspawn'])).toEqual({
    kind: 'run',
    options: { hosts: 'nspawn', isFresh: true, isStaying: true, isJson: true },
  });
});

it.each([
  [['--hosts', 'docker'], '--hosts: docker is neither nspawn nor simulated'],
  [['--frsh'], "Unknown option '--frsh'"],
  [['v2'], 'Unexpected argument'],
])('refuses %j', (args, problem) => {
  const parsed = parseStartOptions(args);

  expect(parsed).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
});

it('shows its help', () => {
  expect(parseStartOptions(['--help'])).toEqual({ kind: 'help' });
});
