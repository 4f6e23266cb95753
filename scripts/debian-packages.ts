import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runProgram } from './run-program.ts';

/** The Debian package of each program that the checks and the local hosts need. */
const packageOfProgram = {
  shellcheck: 'shellcheck',
  shfmt: 'shfmt',
  'systemd-nspawn': 'systemd-container',
  mmdebstrap: 'mmdebstrap',
  iptables: 'iptables',
  ip: 'iproute2',
  nsenter: 'util-linux',
} as const;
export type NeededProgram = keyof typeof packageOfProgram;

/** True where the program is on the PATH, or in sbin, which the PATH of a plain user may lack. */
export function hasProgram(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(join(folder, name)));
}

/**
 * Installs what is missing of these programs where this is Debian or a relative and we are root. Returns the programs
 * that are still missing.
 */
export async function ensurePrograms(names: readonly NeededProgram[]): Promise<readonly NeededProgram[]> {
  const missing = names.filter((name) => !hasProgram(name));
  if (missing.length > 0) {
    await installPackages([...new Set(missing.map((name) => packageOfProgram[name]))]);
  }
  return names.filter((name) => !hasProgram(name));
}

/** Installs Debian packages where this is Debian or a relative and we are root; what came of it the caller looks up. */
export async function installPackages(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) {
    return;
  }
  process.stderr.write(`set-up: apt-get install ${packages.join(' ')} ...\n`);
  const isInstalled = (await aptGet(['install', ...packages])) === '';
  if (!isInstalled) {
    await aptGet(['update']);
    process.stderr.write(await aptGet(['install', ...packages]));
  }
}

/** Returns the last lines of a failure; empty text where it went well. */
async function aptGet([verb, ...packages]: readonly [string, ...string[]]): Promise<string> {
  const options = verb === 'install' ? ['--yes', '--no-install-recommends'] : [];
  const { code, output } = await runProgram(
    'apt-get',
    [verb, '--quiet', '--option', 'DPkg::Lock::Timeout=300', ...options, ...packages],
    {
      isCaptured: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    },
  );
  return code === 0 ? '' : `${output.trimEnd().split('\n').slice(-6).join('\n')}\n`;
}
