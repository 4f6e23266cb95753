import { expect, test } from 'vitest';
import { historiesHelp, parseHistoryOptions } from '../../scripts/history-options.ts';

test.each([
  [[], { first: 1, count: 300, isAlone: false, isJson: false }],
  [['--seeds', '2000', '--from', '301'], { first: 301, count: 2000, isAlone: false, isJson: false }],
  [['--seed', '1234', '--json'], { first: 1234, count: 1, isAlone: true, isJson: true }],
])('%j are understood', (args, options) => {
  expect(parseHistoryOptions(args)).toEqual({ kind: 'run', options });
});

test.each([
  [['--seeds', 'many'], '--seeds: "many" is not a whole number from 1 to 1000000'],
  [['--seeds', '0'], '--seeds: "0" is not a whole number from 1 to 1000000'],
  [['--from', '1.5'], '--from: "1.5" is not a whole number from 1 to 4294967295'],
  [['--seed', ''], '--seed: "" is not a whole number from 1 to 4294967295'],
  [['--seed', '7', '--seeds', '3'], '--seed: plays one history alone; leave --seeds and --from out'],
])('%j are refused, and the option is named', (args, problem) => {
  expect(parseHistoryOptions(args)).toEqual({ kind: 'wrong', problem });
});

test('an option that there is not is refused by its name', () => {
  expect(parseHistoryOptions(['--sede', '7'])).toMatchObject({
    kind: 'wrong',
    problem: expect.stringContaining("Unknown option '--sede'"),
  });
});

test('the help names every option', () => {
  expect(parseHistoryOptions(['--help'])).toEqual({ kind: 'help' });
  for (const option of ['--seeds', '--from', '--seed', '--json', '--help']) expect(historiesHelp).toContain(option);
});
