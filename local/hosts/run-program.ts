import { spawn } from 'node:child_process';
import type { ExecResult } from './host-machine.ts';

/** How long output may still arrive after the command itself has ended: a daemon it left behind must not hold the caller. */
const lateOutputMilliseconds = 250;

/** Per stream; what comes later still goes to the callbacks. */
const keptCharacters = 4 * 1024 * 1024;

export interface ProgramOptions {
  readonly stdin?: string | Uint8Array;
  /** The whole environment; the engine's own where nothing is said. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
}

/**
 * Runs a program of this machine in a session and process group of its own, so that a Ctrl-C in the terminal reaches only
 * the engine and a kill reaches the program with all its children. Rejects only where it can't be started.
 */
export function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ExecResult> {
  const [file, ...args] = argv;
  if (file === undefined) throw new TypeError('runProgram: argv is empty');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      detached: true,
      env: options.env ?? { ...process.env, LC_ALL: 'C.UTF-8' },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let isSettled = false;
    let didTimeOut = false;
    const killGroup = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    };
    const timer =
      options.timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => {
            didTimeOut = true;
            killGroup();
          }, options.timeoutSeconds * 1000);
    if (options.signal?.aborted === true) killGroup();
    options.signal?.addEventListener('abort', killGroup);

    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (isSettled) return;
      if (stdout.length < keptCharacters) stdout += text;
      options.onStdout?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (isSettled) return;
      if (stderr.length < keptCharacters) stderr += text;
      options.onStderr?.(text);
    });
    // A command that does not read its input to the end closes the pipe: its own affair, told by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');

    const settle = (code: number | null, signal: string | null) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killGroup);
      // A daemon left behind may go on writing, but not keep this process alive.
      unreference(child.stdout);
      unreference(child.stderr);
      resolve({ code, signal, stdout, stderr, ...(didTimeOut ? { timedOut: true as const } : {}) });
    };
    child.once('error', (error) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', killGroup);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const late = setTimeout(() => settle(code, signal), lateOutputMilliseconds);
      child.once('close', () => {
        clearTimeout(late);
        settle(code, signal);
      });
    });
  });
}

/** Runs a program that has to succeed; throws with its last lines where it does not. Returns stdout. */
export async function mustRun(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const result = await runProgram(argv, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-12).join('\n');
  throw new Error(`${argv.join(' ')}: ${result.signal ?? `exit ${result.code}`}${said === '' ? '' : `\n${said}`}`);
}

/** Runs a program whose failure means that there was nothing to do. */
export async function tryRun(argv: readonly string[], options: ProgramOptions = {}): Promise<boolean> {
  return (await runProgram(argv, options)).code === 0;
}

/** True where a signal found no process. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}

/** Lets the process end although the stream is open. */
export function unreference(stream: object): void {
  if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
}
