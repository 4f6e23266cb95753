import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ensureBaseRoot,
  ensureLayer,
  ensurePackageLayer,
  type LayerHost,
  type Root,
  type RootOptions,
} from './roots.ts';

/**
 * What hosts are booted from. `bare`: as a person's are. `warm`: with compiler, headers and pip's cache. `ready`: with the
 * sample's virtualenv too.
 */
export type HostRoot = 'bare' | 'warm' | 'ready';

export function ensureHostRoot(kind: HostRoot, rootsDir: string, options: RootOptions = {}): Promise<Root> {
  return { bare: ensureBaseRoot, warm: ensureWarmRoot, ready: ensureReadyRoot }[kind](rootsDir, options);
}

/** What compiling uWSGI takes: hosts on this root install no OS package in their first deployment, which is quick. */
const buildPackages = ['gcc', 'libc6-dev', 'python3-dev', 'python3-venv', 'python3-pip'];

/** The user that `install` builds virtualenvs as, and pip's cache in its home. */
const buildUser = 'rollgate-build';
const buildHome = '/var/lib/rollgate/build';

/**
 * The base with what the first installation of the sample would add to it but the service itself: compiler, headers and
 * pip's cache with uWSGI compiled. For tests: hosts made from it skip the slow minute of a bare host, and nothing else.
 */
async function ensureWarmRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const base = await ensureBaseRoot(rootsDir, options);
  const parent = await ensurePackageLayer(rootsDir, { name: 'warm', packages: buildPackages, parent: base }, options);
  const requirements = await sampleRequirements();
  const fill = [
    `groupadd --system ${buildUser}`,
    `useradd --system --gid ${buildUser} --home-dir ${buildHome} --no-create-home --shell /usr/sbin/nologin ${buildUser}`,
    `install --directory --owner=${buildUser} --group=${buildUser} --mode=0700 ${buildHome}`,
    'scratch=$(mktemp --directory) && chmod 0755 "$scratch" && cat >"$scratch/requirements.txt"',
    `install --directory --owner=${buildUser} "$scratch/venv"`,
    `as() { runuser --user ${buildUser} -- env --chdir=/ HOME=${buildHome} "$@"; }`,
    'as python3 -m venv "$scratch/venv"',
    'as "$scratch/venv/bin/pip" install wheel',
    'as "$scratch/venv/bin/pip" install --requirement "$scratch/requirements.txt"',
    'rm --recursive --force "$scratch"',
  ].join('\n');
  const build = async (host: LayerHost): Promise<void> => {
    await host.run(['bash', '-euo', 'pipefail', '-c', fill], { stdin: requirements });
  };
  return ensureLayer(rootsDir, { name: 'wheels', recipe: fill + requirements, parent, build }, options);
}

const scriptsFolder = join(import.meta.dirname, '../../infra/documents/scripts');

/**
 * The warm root with the sample's virtualenv, made by the very scripts that `install` runs. For tests that look at other
 * things: each virtualenv takes a processor ten seconds.
 */
export async function ensureReadyRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const parent = await ensureWarmRoot(rootsDir, options);
  const requirements = await sampleRequirements();
  const names = (await readdir(scriptsFolder)).filter((name) => /\.(sh|py)$/.test(name)).toSorted();
  const scripts = await Promise.all(
    names.map(async (name) => ({ name, content: await readFile(join(scriptsFolder, name), 'utf8') })),
  );
  const make = [
    'cd /root/scripts',
    // All of its functions, and not the last line, which begins the installation.
    'head --lines=-1 install.sh >functions.sh',
    'source ./functions.sh',
    'work=$(mktemp --directory)',
    'python=$(find_python)',
    'argument=([releaseId]=v0 [packagesKey]=)',
    'setting=([releaseId]=v0 [requirementsFile]=requirements.txt [program]=uwsgi [user]=root)',
    'setting[requirementsSha256]=$(sha256_of requirements.txt) setting[pythons]=3.11',
    'service=payment',
    'ensure_users',
    'choose_interpreter',
    'ensure_virtualenv "$PWD/requirements.txt"',
    'rm --recursive --force -- /root/scripts "$work" /etc/rollgate',
  ].join('\n');
  const build = async (host: LayerHost): Promise<void> => {
    await host.run(['mkdir', '--parents', '/root/scripts', '/var/lib/rollgate']);
    for (const { name, content } of [...scripts, { name: 'requirements.txt', content: requirements }]) {
      await host.writeFile(`/root/scripts/${name}`, content);
    }
    await host.run(['bash', '-euo', 'pipefail', '-c', make]);
  };
  const contents = scripts.map(({ name, content }) => `${name} ${createHash('sha256').update(content).digest('hex')}`);
  const recipe = [make, requirements, ...contents].join('\n');
  return ensureLayer(rootsDir, { name: 'ready', recipe, parent, build }, options);
}

function sampleRequirements(): Promise<string> {
  return readFile(new URL('../../samples/payment/requirements.txt', import.meta.url), 'utf8');
}
