/**
 * `npm run histories`: plays random histories of deployments (test/machine/histories), one after another, and prints each
 * that breaks a promise, with all that happened in it.
 */
import { createStopSignal } from '../local/start/stop-signal.ts';
import { generateHistory } from '../test/machine/histories/generate-history.ts';
import { renderHistory } from '../test/machine/histories/render-history.ts';
import { type HistoryResult, runHistory } from '../test/machine/histories/run-history.ts';
import { type HistoryOptions, historiesHelp, parseHistoryOptions } from './history-options.ts';

const progressMilliseconds = 5_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseHistoryOptions(args);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(historiesHelp);
      return 0;
    case 'wrong':
      process.stderr.write(`error: ${parsed.problem}\nnext: npm run histories -- --help\n`);
      return 2;
    case 'run':
      return playAll(parsed.options);
  }
}

async function playAll({ first, count, isAlone, isJson }: HistoryOptions): Promise<number> {
  const stopping = createStopSignal(() => process.exit(130));
  const beganAt = performance.now();
  const broken: HistoryResult[] = [];
  let played = 0;
  let saidAt = beganAt;
  while (played < count && !stopping.aborted) {
    const result = await runHistory(generateHistory(first + played));
    played += 1;
    if (result.broken.length > 0) broken.push(result);
    if (!isJson && (isAlone || result.broken.length > 0)) process.stdout.write(`${renderHistory(result)}\n\n`);
    if (performance.now() - saidAt > progressMilliseconds) {
      saidAt = performance.now();
      process.stderr.write(
        `${played} of ${count} histories played, ${broken.length} broken, ${secondsSince(beganAt)} s\n`,
      );
    }
  }
  if (isJson) process.stdout.write(`${JSON.stringify({ first, count, played, broken }, null, 2)}\n`);
  const end =
    played < count
      ? `stopped after ${played} of ${count} histories`
      : `${count === 1 ? '1 history' : `${count} histories`} played`;
  const verdict =
    broken.length === 0 ? 'every promise was kept' : `broken: ${broken.map(({ seed }) => seed).join(', ')}`;
  process.stderr.write(`${end} in ${secondsSince(beganAt)} s; ${verdict}\n`);
  if (broken.length > 0) return 1;
  return played < count ? 130 : 0;
}

function secondsSince(beganAt: number): string {
  return ((performance.now() - beganAt) / 1000).toFixed(0);
}
