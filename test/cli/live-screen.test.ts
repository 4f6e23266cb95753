import { expect, it } from 'vitest';
import { createLiveScreen } from '../../cli/live-screen.ts';
import { recordingOutput } from './recording-output.ts';
import { screenAfter } from './terminal-screen.ts';

it('draws over what it drew before, in one write each', () => {
  const output = recordingOutput({ isTerminal: true });
  const screen = createLiveScreen(output);

  screen.draw(['one', 'two', 'three']);
  screen.draw(['ONE', 'TWO']);

  expect(output.writes).toHaveLength(2);
  expect(screenAfter(output.text(), 80)).toEqual(['ONE', 'TWO', '']);
});

it('leaves what stood on the terminal before', () => {
  const output = recordingOutput({ isTerminal: true });
  output.write('$ rollgate deploy\n');
  const screen = createLiveScreen(output);

  screen.draw(['one', 'two']);
  screen.end(['the end']);

  expect(screenAfter(output.text(), 80)).toEqual(['$ rollgate deploy', 'the end', '']);
});

it('cuts lines to the width, so that none wraps', () => {
  const output = recordingOutput({ isTerminal: true, columns: 10 });

  createLiveScreen(output).draw(['payment-1 passed its gate', 'short']);

  expect(screenAfter(output.text(), 10)).toEqual(['payment-…', 'short', '']);
});

it('shows the last lines where there are more than rows', () => {
  const output = recordingOutput({ isTerminal: true, rows: 3 });

  createLiveScreen(output).draw(['one', 'two', 'three', 'four']);

  expect(screenAfter(output.text(), 80)).toEqual(['three', 'four', '']);
});

it('draws in the right place after the terminal was made narrower', () => {
  let columns = 20;
  const output = recordingOutput({ isTerminal: true });
  const screen = createLiveScreen({ ...output, size: () => ({ columns, rows: 24 }) });

  screen.draw(['a line of 18 signs', 'two']);
  columns = 10;
  const wrapped = 'a line of \n18 signs\ntwo\n';
  screen.draw(['one', 'two']);

  expect(screenAfter(wrapped + (output.writes[1] ?? ''), 10)).toEqual(['one', 'two', '']);
});

it('prints the end whole, and gives the cursor back', () => {
  const output = recordingOutput({ isTerminal: true, columns: 10, rows: 3 });
  const screen = createLiveScreen(output);

  screen.draw(['one']);
  screen.end(['1', '2', '3', '4 is a long line']);

  expect(output.text()).toContain('4 is a long line');
  expect(output.text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(output.text().lastIndexOf('\u001b[?25l'));
});
