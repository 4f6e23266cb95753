import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import { type HeldLock, takeLock } from './held-lock.ts';
import { type Names, namesFor } from './names.ts';

/** Who has hosts on this machine: gone after a boot of the machine, as all they made is. */
const folder = '/run/rollgate';

export interface Claim {
  /** 77 of 10.213.77.0/24 */
  readonly subnet: number;
  /** What net.ipv4.ip_forward was before the first engine set it. */
  readonly forwardingWas: string;
}

/** One engine per state folder. Throws where another one lives. */
export async function takeOwnership(names: Names): Promise<HeldLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(folder, `${names.mark}.lock`), { wait: false });
  if (lock === undefined)
    throw new Error(`the hosts of ${names.stateDir} belong to another engine that is still running: stop it first`);
  return lock;
}

/** Held while subnets are chosen and while the last one out restores what was. */
export async function withRegistry<T>(act: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(folder, 'registry.lock'), { wait: true });
  try {
    return await act();
  } finally {
    await lock?.release();
  }
}

export async function rememberClaim(names: Names, claim: Claim): Promise<void> {
  const others = await claims();
  // Where another engine has already switched it on, what it found is what was.
  const forwardingWas = others[0]?.claim.forwardingWas ?? claim.forwardingWas;
  const file = join(folder, `${names.mark}.json`);
  writeAtomically(file, `${JSON.stringify({ stateDir: names.stateDir, ...claim, forwardingWas })}\n`);
}

export async function claimedSubnets(names: Names): Promise<readonly number[]> {
  return (await claims()).filter((entry) => entry.stateDir !== names.stateDir).map((entry) => entry.claim.subnet);
}

/** Gives the claim back; the last one restores the machine's forwarding. */
export async function forgetClaim(names: Names): Promise<void> {
  const mine = (await claims()).find((entry) => entry.stateDir === names.stateDir);
  await rm(join(folder, `${names.mark}.json`), { force: true });
  if (mine === undefined || mine.claim.forwardingWas === '1' || (await claims()).length > 0) return;
  await writeFile('/proc/sys/net/ipv4/ip_forward', mine.claim.forwardingWas);
}

/** Dead engines whose hosts are still about: the state folder is gone, or they started over half an hour ago. */
export async function abandoned(names: Names): Promise<readonly Names[]> {
  const found: Names[] = [];
  for (const entry of await claims()) {
    if (entry.stateDir === names.stateDir) continue;
    const lock = await takeLock(join(folder, `${entry.mark}.lock`), { wait: false });
    if (lock === undefined) continue;
    await lock.release();
    const isOld = Date.now() - entry.writtenAt > 30 * 60_000;
    if (isOld || !(await exists(entry.stateDir))) found.push(namesFor(entry.stateDir));
  }
  return found;
}

interface Entry {
  readonly stateDir: string;
  readonly mark: string;
  readonly writtenAt: number;
  readonly claim: Claim;
}

async function claims(): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue;
    try {
      const file = join(folder, name);
      const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
      if (typeof parsed !== 'object' || parsed === null) continue;
      const fields = parsed as Readonly<Record<string, unknown>>;
      entries.push({
        stateDir: String(fields['stateDir']),
        mark: name.slice(0, -'.json'.length),
        writtenAt: (await stat(file)).mtimeMs,
        claim: { subnet: Number(fields['subnet']), forwardingWas: String(fields['forwardingWas']) },
      });
    } catch {
      // removed meanwhile
    }
  }
  return entries;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
