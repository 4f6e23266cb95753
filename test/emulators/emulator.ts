import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../../local/has-code.ts';

/** A stand-in for AWS that answers on this machine's loopback. */
export interface Emulator {
  /** `http://127.0.0.1:41234` */
  readonly endpoint: string;
  readonly port: number;
  /** Everything that it and its children wrote. */
  readonly logFile: string;
  /** Kills it with all its children; what it kept is gone. May be called again. */
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Exists while it runs: its home, its temporary files and its log. Removing it is the caller's. */
  readonly folder: string;
  readonly port: number;
  /** What it gets besides PATH, HOME and TMPDIR; of our own environment it sees nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once the emulator is ready. */
  readonly readyPath: string;
}

const readySeconds = 60;

/**
 * `exec` makes the program the leader of its process group. The reader beside it ends when our end of the pipe is
 * closed, also where we were killed, and takes the whole group with it.
 */
const leash = '{ cat <&3 >/dev/null; kill -s KILL -- "-$$"; } & exec "$@" 3<&-';

/** Starts an emulator in a process group of its own and waits until it is ready. Throws with the end of its log. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { name, folder, port } = options;
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn('sh', ['-c', leash, 'sh', options.command, ...options.args], {
    cwd: folder,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: temporary, ...options.environment },
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  child.stdio[3]?.on('error', () => undefined);
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  });

  const stop = async (): Promise<void> => {
    child.stdio[3]?.destroy();
    killGroup(child.pid);
    await gone;
  };

  const endpoint = `http://127.0.0.1:${port}`;
  const end = performance.now() + readySeconds * 1000;
  let ended: string | undefined;
  void gone.then((how) => {
    ended = how;
  });
  while (!(await isReady(`${endpoint}${options.readyPath}`))) {
    if (ended !== undefined || performance.now() > end) {
      await stop();
      const how = ended ?? `not ready within ${readySeconds} s`;
      throw new Error(`${name} did not start: ${how}\n${lastLines(logFile)}`);
    }
    await delay(50);
  }
  return { endpoint, port, logFile, stop };
}

/** A port of the loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}
