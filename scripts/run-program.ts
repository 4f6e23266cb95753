import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface ProgramResult {
  /** 128 + n where it died of signal n, 127 where there is no such program. */
  readonly code: number;
  /** stdout and stderr together; empty where they went to ours. */
  readonly output: string;
}

/** Runs a program to its end. With `isCaptured` its output is returned, else it goes to our own. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly isCaptured?: boolean; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.isCaptured === true ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code, signal) => {
      const died = signal === null ? 1 : 128 + constants.signals[signal];
      resolve({ code: code ?? died, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
