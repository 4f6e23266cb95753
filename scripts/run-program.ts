import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';

export interface ProgramResult {
  /** 128 + n where it died of signal n, 127 where there is no such program. */
  readonly code: number;
  /** stdout and stderr together; empty where they went to ours. */
  readonly output: string;
}

export interface ProgramOptions {
  /** Its output is returned in place of going to our own. */
  readonly isCaptured?: boolean;
  /** Gets each line of its output as it comes; the output is then returned as well. */
  readonly onLine?: (line: string) => void;
  /** Aborting sends it SIGTERM; what it says until it is gone is still its result. */
  readonly signal?: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** It and what it starts give way to others, 0 (not at all, the default) to 19. */
  readonly niceness?: number;
  readonly cwd?: string;
}

/** Runs a program to its end; never rejects. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const isPiped = options.isCaptured === true || options.onLine !== undefined;
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: isPiped ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    if (options.niceness !== undefined && child.pid !== undefined) setPriority(child.pid, options.niceness);
    const stop = () => child.kill('SIGTERM');
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
      if (stream !== null && options.onLine !== undefined) {
        // Each stream on its own: half a line of the one must not run into a line of the other.
        createInterface(stream).on('line', options.onLine);
      }
    }
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code, signal) => {
      options.signal?.removeEventListener('abort', stop);
      const died = signal === null ? 1 : 128 + constants.signals[signal];
      resolve({ code: code ?? died, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
