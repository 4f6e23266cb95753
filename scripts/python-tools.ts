import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLock } from '../local/hosts/held-lock.ts';
import { hasProgram, installPackages } from './debian-packages.ts';
import { type ProgramResult, runProgram } from './run-program.ts';

export type PythonTools = { readonly bin: string } | { readonly why: string };

const projectRoot = dirname(import.meta.dirname);
const pinsFile = join(import.meta.dirname, 'python-tools.txt');
/** MiniStack and moto need it. */
const oldestPython = '3.10';
/** Another caller that is at work: its download may be slow, but not this slow. */
const lockSeconds = 900;
const programs = ['ministack', 'moto_server', 'cfn-lint', 'aws'];

/**
 * The folder with `ministack`, `moto_server`, `cfn-lint` and `aws` in the versions of `python-tools.txt`, in a virtualenv that
 * is made once and again when a version changes; else the sentence that says why they can't be had here. Callers at once
 * wait for each other.
 */
export async function ensurePythonTools(
  onProgress: (line: string) => void,
  folder: string = join(projectRoot, '.rollgate', 'python-tools'),
): Promise<PythonTools> {
  const tools = { bin: join(folder, 'bin') };
  if (isComplete(folder)) {
    return tools;
  }
  if (!hasProgram('flock')) {
    return { why: 'the program flock is missing' };
  }
  mkdirSync(dirname(folder), { recursive: true });
  const lock = await takeLock(`${folder}.lock`, { wait: true, signal: AbortSignal.timeout(lockSeconds * 1000) });
  if (lock === undefined) {
    return { why: `another process has held ${folder}.lock for ${lockSeconds} s` };
  }
  try {
    const why = isComplete(folder) ? undefined : await make(folder, onProgress);
    return why === undefined ? tools : { why };
  } finally {
    await lock.release();
  }
}

/** Makes the virtualenv; the marker that tells its versions is written last. Returns why it could not. */
async function make(folder: string, onProgress: (line: string) => void): Promise<string | undefined> {
  const virtualenv = await findVirtualenv();
  if (virtualenv === undefined) {
    return `Python ${oldestPython} or newer with its venv module is missing and not to be installed here`;
  }
  onProgress(`set-up: installing the Python tools of scripts/python-tools.txt into ${folder} ...`);
  rmSync(folder, { recursive: true, force: true });
  const [command, ...args] = virtualenv;
  const made = await runProgram(command, [...args, folder], { isCaptured: true });
  if (made.code !== 0) {
    return `${virtualenv.join(' ')} failed: ${lastLines(made.output)}`;
  }
  const installed = await install(join(folder, 'bin', 'python'));
  if (installed.code !== 0) {
    return `pip could not install them: ${lastLines(installed.output)}`;
  }
  const missing = programs.filter((name) => !existsSync(join(folder, 'bin', name)));
  if (missing.length > 0) {
    return `scripts/python-tools.txt brings no ${missing.join(', ')}`;
  }
  writeFileSync(markerOf(folder), pinsHash());
  return undefined;
}

/**
 * uv installs these some two hundred packages in a tenth of pip's time. Where it can't, pip does, which follows all of the
 * machine's own settings (index, proxy, certificates).
 */
async function install(python: string): Promise<ProgramResult> {
  // A user's `pip install --user` setting would be refused inside a virtualenv.
  const env = { ...process.env, PIP_USER: '0', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const run = (...args: readonly string[]) => runProgram(python, ['-I', '-m', ...args], { isCaptured: true, env });
  const pip = ['pip', 'install', '--quiet', '--no-input', '--prefer-binary'];
  const uvPin = readFileSync(pinsFile, 'utf8').match(/^uv==.*$/m)?.[0];
  if (uvPin !== undefined && (await run(...pip, uvPin)).code === 0) {
    const byUv = await run('uv', 'pip', 'install', '--quiet', '--python', python, '--requirement', pinsFile);
    if (byUv.code === 0) return byUv;
  }
  return run(...pip, '--requirement', pinsFile);
}

/** The command that makes a virtualenv in the folder that follows it. */
async function findVirtualenv(): Promise<readonly [string, ...string[]] | undefined> {
  // The first python3 on the PATH may be one of the user's own that Debian's packages don't complete.
  const pythons = ['python3', '/usr/bin/python3'];
  for (const install of [() => Promise.resolve(), () => installPackages(['python3-venv'])]) {
    await install();
    for (const python of pythons) {
      if (await canMakeVenv(python)) {
        return [python, '-I', '-m', 'venv'];
      }
    }
  }
  return hasProgram('virtualenv') ? ['virtualenv', '--quiet'] : undefined;
}

/** Debian's python3 has `venv` without `ensurepip`, and then makes no virtualenv. */
async function canMakeVenv(python: string): Promise<boolean> {
  const question = `import ensurepip, sys, venv; sys.exit(sys.version_info < (${oldestPython.replace('.', ', ')}))`;
  return (await runProgram(python, ['-I', '-c', question], { isCaptured: true })).code === 0;
}

/** A Python that was removed since leaves links behind that lead nowhere. */
function isComplete(folder: string): boolean {
  const files = ['python', ...programs].map((name) => join(folder, 'bin', name));
  return (
    files.every((file) => existsSync(file)) &&
    existsSync(markerOf(folder)) &&
    readFileSync(markerOf(folder), 'utf8') === pinsHash()
  );
}

function markerOf(folder: string): string {
  return join(folder, '.pins');
}

function pinsHash(): string {
  return createHash('sha256').update(readFileSync(pinsFile)).digest('hex');
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-4).join('\n');
}
