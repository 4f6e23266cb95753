import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type ProgramOptions, runProgram } from '../../../local/hosts/run-program.ts';

const scripts = join(import.meta.dirname, '../../../infra/documents/scripts');

/** The Pythons of this machine that the helpers must run on: the newest, and the oldest ones where they are installed. */
export const pythons: readonly string[] = ['python3', 'python3.6', 'python2.7'].filter((name) => {
  const tried = spawnSync(name, ['-c', 'import hashlib, json, ssl, zipfile'], { stdio: 'ignore' });
  return tried.status === 0;
});

export interface Helped {
  readonly code: number | null;
  readonly stdout: string;
  /** `word: sentence` of a failure that the helper named. */
  readonly failure: string;
}

/** Runs Python code that may import the helpers; `arguments_` are its sys.argv[1:]. */
export async function python(
  interpreter: string,
  code: string,
  arguments_: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<Helped> {
  const argv = [
    interpreter,
    '-s',
    '-S',
    '-B',
    '-c',
    `import sys; sys.path.insert(0, ${JSON.stringify(scripts)})\n${code}`,
  ];
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', PYTHONIOENCODING: 'utf-8', ...options.env };
  const result = await runProgram([...argv, ...arguments_], { ...options, env });
  const named = result.code === 3 ? result.stderr.trim().split('\n').at(-1) : undefined;
  const failure = named === undefined ? '' : named.replace('\t', ': ');
  if (result.code !== 0 && result.code !== 3) throw new Error(result.stderr);
  return { code: result.code, stdout: result.stdout, failure };
}
