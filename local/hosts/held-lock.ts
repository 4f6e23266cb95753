import { spawn } from 'node:child_process';
import { unreference } from './run-program.ts';

/** A lock that dies with its holder, however the holder dies. */
export interface HeldLock {
  release(): Promise<void>;
}

/**
 * Takes flock(2) on a file by a child that holds it as long as its stdin is open: the kernel frees it even where the engine
 * is killed. Undefined where another process has it and `wait` is false.
 */
export function takeLock(
  file: string,
  options: { readonly wait: boolean; readonly signal?: AbortSignal },
): Promise<HeldLock | undefined> {
  return new Promise((resolve, reject) => {
    const flags = options.wait ? [] : ['--nonblock'];
    const child = spawn(
      'flock',
      ['--exclusive', '--no-fork', ...flags, file, 'sh', '-c', 'echo held; exec cat >/dev/null'],
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    const giveUp = () => child.kill('SIGKILL');
    options.signal?.addEventListener('abort', giveUp);
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('exit', () => resolve(undefined));
    child.stdout.once('data', () => {
      options.signal?.removeEventListener('abort', giveUp);
      // A held lock must not keep the process alive.
      child.unref();
      unreference(child.stdin);
      unreference(child.stdout);
      resolve({
        release: async () => {
          child.ref();
          child.stdin.end();
          await gone;
        },
      });
    });
  });
}
