import { describe, expect, test } from 'vitest';
import { mustRun, runProgram } from '../../../local/hosts/run-program.ts';

describe('a program of this machine', () => {
  test('gets its input and environment, and gives output and exit code apart', async () => {
    const pieces: string[] = [];

    const result = await runProgram(['/bin/sh', '-c', 'cat; echo "$COLOUR" >&2; exit 3'], {
      stdin: 'größer\n',
      env: { COLOUR: 'red' },
      onStdout: (text) => pieces.push(text),
    });

    expect(result).toEqual({ code: 3, signal: null, stdout: 'größer\n', stderr: 'red\n' });
    expect(pieces.join('')).toBe('größer\n');
  });

  test('is killed with its children when its time is over', async () => {
    let child = 0;

    const result = await runProgram(['/bin/sh', '-c', 'sleep 600 & echo $!; wait'], {
      timeoutSeconds: 0.3,
      onStdout: (text) => {
        child = Number(text);
      },
    });

    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
    await expect.poll(() => isAlive(child), { timeout: 5000 }).toBe(false);
  });

  test('is killed when it is aborted, also where that was before it began', async () => {
    const result = await runProgram(['sleep', '600'], { signal: AbortSignal.abort() });

    expect(result).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('is over when it ends, though a child keeps its output open', async () => {
    let child = 0;

    const result = await runProgram(['/bin/sh', '-c', 'sleep 600 & echo $!'], {
      timeoutSeconds: 10,
      onStdout: (text) => {
        child = Number(text);
      },
    });

    expect(result).toMatchObject({ code: 0, signal: null });
    expect(isAlive(child)).toBe(true);
    process.kill(child, 'SIGKILL');
  });

  test('that does not read its input is no error', async () => {
    expect(await runProgram(['true'], { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
  });

  test('that has to succeed throws with its last words', async () => {
    await expect(mustRun(['/bin/sh', '-c', 'echo no such bridge >&2; exit 2'])).rejects.toThrow(
      'sh -c echo no such bridge >&2; exit 2: exit 2\nno such bridge',
    );
  });

  test('that is not there is refused', async () => {
    await expect(runProgram(['rollgate-no-such-program'])).rejects.toThrow('ENOENT');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
