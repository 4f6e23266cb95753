import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Everything an engine makes on this machine carries the mark of its state folder, so that two engines never touch each
 * other's things and a later run finds what a crashed one left behind.
 */
export interface Names {
  /** Absolute, links resolved. */
  readonly stateDir: string;
  /** Six hex digits. */
  readonly mark: string;
  /** The bridge, and the comment of every firewall rule: 15 characters, the kernel's limit. */
  readonly bridge: string;
  /** The cgroup above those of the hosts. */
  readonly cgroup: string;
  /** `<stateDir>/hosts` */
  readonly hostsDir: string;
}

export async function namesOf(stateDir: string): Promise<Names> {
  await mkdir(stateDir, { recursive: true });
  const path = await realpath(stateDir);
  return namesFor(path);
}

/** Of a folder that may be gone already. */
export function namesFor(absoluteStateDir: string): Names {
  const mark = createHash('sha256').update(absoluteStateDir).digest('hex').slice(0, 6);
  return {
    stateDir: absoluteStateDir,
    mark,
    bridge: `rollgate-${mark}`,
    cgroup: `rollgate-${mark}`,
    hostsDir: join(absoluteStateDir, 'hosts'),
  };
}

/** The network namespace of a host, and the name of its nspawn machine. */
export function machineName(names: Names, host: string): string {
  return `rollgate-${names.mark}-${host}`;
}

/** The bridge's end of a host's cable. */
export function cableName(names: Names, addressNumber: number): string {
  return `rg${names.mark}-${addressNumber}`;
}
