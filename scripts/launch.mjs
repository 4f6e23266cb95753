import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Node 24, from the npm package `node`: what all TypeScript of the project runs on. */
export const node24 = join(projectRoot, 'node_modules', '.bin', 'node');

/**
 * Runs a TypeScript program of the project on Node 24 in our place: same arguments, same terminal, signals handed on,
 * its exit code kept (128 + n where it died of signal n).
 */
export function launch(script, args, { cwd = process.cwd() } = {}) {
  const child = spawn(node24, [join(projectRoot, script), ...args], { cwd, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole process group: a second one from here would read as impatience.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) {
        child.kill(signal);
      }
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`error: ${error.message}\nnext: npm ci\n`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
