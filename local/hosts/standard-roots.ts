import { readFile } from 'node:fs/promises';
import {
  ensureBaseRoot,
  ensureLayer,
  ensurePackageLayer,
  type LayerHost,
  type Root,
  type RootOptions,
} from './roots.ts';

/** What compiling uWSGI takes: hosts on this root install no OS package in their first deployment, which is quick. */
const buildPackages = ['gcc', 'libc6-dev', 'python3-dev', 'python3-venv', 'python3-pip'];

/** The user that `install` builds virtualenvs as, and pip's cache in its home. */
const buildUser = 'rollgate-build';
const buildHome = '/var/lib/rollgate/build';

/**
 * The base with what the first installation of the sample would add to it but the service itself: compiler, headers and
 * pip's cache with uWSGI compiled. For tests: hosts made from it skip the slow minute of a bare host, and nothing else.
 */
export async function ensureWarmRoot(rootsDir: string, options: RootOptions = {}): Promise<Root> {
  const base = await ensureBaseRoot(rootsDir, options);
  const parent = await ensurePackageLayer(rootsDir, { name: 'warm', packages: buildPackages, parent: base }, options);
  const requirements = await readFile(new URL('../../samples/payment/requirements.txt', import.meta.url), 'utf8');
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
