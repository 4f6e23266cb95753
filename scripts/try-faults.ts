/**
 * `npm run faults`: injects every fault of the catalogue on booted hosts, one after another, lets a real deployment meet
 * it, and prints what became of it as a table.
 */
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { type FaultBench, startBench } from '../test/acceptance/faults/bench.ts';
import { catalogue } from '../test/acceptance/faults/catalogue.ts';
import type { Fault } from '../test/acceptance/faults/fault.ts';
import { lookAlikes } from '../test/acceptance/faults/look-alikes.ts';
import { renderFaults } from '../test/acceptance/faults/render-faults.ts';
import type { FaultResult } from '../test/acceptance/faults/try-fault.ts';
import { whyNoHostTests } from '../test/acceptance/local-stage.ts';

const help = `Injects faults into a real deployment on booted hosts, and tells whether each is diagnosed as what it is.

usage: npm run faults -- [--only NAME,...] [--json]

  --only NAME  this fault alone; several with commas between them
  --json       the results as JSON on stdout; progress goes to stderr
  --help       this text

Ctrl-C stops the hosts. Exit code: 0 all as they should be or skipped, 1 something is not, 2 wrong usage.

faults:
${catalogue.map(({ name, injected, isSimulated }) => `  ${name.padEnd(26)}${injected}${isSimulated ? ' (simulated)' : ''}`).join('\n')}
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = read(args);
  if ('problem' in options) {
    process.stderr.write(`error: ${options.problem}\nnext: npm run faults -- --help\n`);
    return 2;
  }
  if (options.isHelp) {
    process.stdout.write(help);
    return 0;
  }
  const say = (line: string): void => void (options.isJson ? process.stderr : process.stdout).write(`${line}\n`);
  const why = await whyNoHostTests();
  if (why !== undefined) {
    if (options.isJson) process.stdout.write(`${JSON.stringify({ skipped: options.faults.length, why })}\n`);
    say(`0 as they should be, 0 not, ${options.faults.length} skipped`);
    return 0;
  }
  return tryAll(options.faults, options.isJson, say);
}

async function tryAll(faults: readonly Fault[], isJson: boolean, say: (line: string) => void): Promise<number> {
  const startedAt = Date.now();
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} processors, ${gigabytes(totalmem())} GB`);
  say(`booting a stage of three hosts for ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}`);
  const bench = await startBench('faults');
  stopAtInterrupt(bench);
  const results: FaultResult[] = [];
  try {
    for (const [index, fault] of faults.entries()) {
      const result = await bench.try(fault);
      results.push(result);
      const sign = result.problems.length === 0 ? '✓' : '✗';
      const number = `${index + 1}/${faults.length}`.padStart(5);
      say(`${number} ${sign} ${fault.name}: ${result.end ?? 'no end'}, ${result.seconds.toFixed(0)} s`);
    }
  } finally {
    await bench.stop();
  }
  const alike = lookAlikes(faults, results);
  const wrong = results.filter(({ problems }) => problems.length > 0).length;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ results, alike, seconds }, null, 2)}\n`);
  } else {
    say(['', ...renderFaults(results), ''].join('\n'));
    say(alike.length === 0 ? 'no two faults share a text that would mislead' : alike.join('\n'));
    say(`${results.length - wrong} as they should be, ${wrong} not, 0 skipped, in ${seconds} s`);
  }
  return wrong === 0 && alike.length === 0 ? 0 : 1;
}

function read(
  args: readonly string[],
):
  | { readonly faults: readonly Fault[]; readonly isJson: boolean; readonly isHelp: boolean }
  | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const only = values.only?.flatMap((names) => names.split(',')) ?? catalogue.map(({ name }) => name);
    const unknown = only.filter((name) => !catalogue.some((fault) => fault.name === name));
    return unknown.length > 0
      ? { problem: `there is no fault ${unknown.map((name) => JSON.stringify(name)).join(', ')}` }
      : {
          faults: catalogue.filter(({ name }) => only.includes(name)),
          isJson: values.json,
          isHelp: values.help,
        };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { problem: error.message };
  }
}

/** The hosts are this program's: it does not end before they are gone. */
function stopAtInterrupt(bench: FaultBench): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stderr.write('stopping the hosts\n');
      void bench.stop().finally(() => process.exit(130));
    });
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(0);
}
