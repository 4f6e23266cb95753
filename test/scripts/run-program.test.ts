import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { runProgram } from '../../scripts/run-program.ts';

const node = (script: string, options: Parameters<typeof runProgram>[2] = {}) =>
  runProgram(process.execPath, ['-e', script], { isCaptured: true, ...options });

test('its output and exit code are returned, and 127 where there is no such program', async () => {
  expect(await node('console.log("one"); console.error("two"); process.exitCode = 3')).toMatchObject({ code: 3 });
  expect((await node('console.log("one"); console.error("two")')).output.split('\n').toSorted()).toEqual([
    '',
    'one',
    'two',
  ]);
  expect((await runProgram('no-such-program', [], { isCaptured: true })).code).toBe(127);
});

test('each line comes as it is printed, and half a line of stderr does not run into one of stdout', async () => {
  const lines: string[] = [];

  await node('process.stderr.write("half"); console.log("whole"); console.error(" and half")', {
    onLine: (line) => lines.push(line),
  });

  expect(lines.toSorted()).toEqual(['half and half', 'whole']);
});

test('one that is given up is waited for: its last words are in its output', async () => {
  const giveUp = new AbortController();
  const script = `process.on('SIGTERM', () => { console.log('tidied up'); process.exit(0); });
    setInterval(() => {}, 1000); console.log('ready');`;

  const { code, output } = await node(script, {
    onLine: (line) => {
      if (line === 'ready') giveUp.abort();
    },
    signal: giveUp.signal,
  });

  expect({ code, output }).toEqual({ code: 0, output: 'ready\ntidied up\n' });
});

test('one that was given up before it began ends at once', async () => {
  expect((await node('setInterval(() => {}, 1000)', { signal: AbortSignal.abort() })).code).toBe(128 + 15);
});

test('one that gives way to others is so much nicer than we are', async () => {
  const { output } = await node('console.log(require("node:os").getPriority())', { niceness: 7 });

  expect(Number(output)).toBe(Math.max(getPriority(), 7));
});
