import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from './has-code.ts';

/**
 * Files that are there whole or not at all, whenever the process is killed. New bytes are written and flushed under a
 * scratch name first; a rename or a link is the commit point. The scratch directory is on the same file system and is
 * swept by whoever opens the tree.
 */
export interface AtomicFiles {
  /** Removes what a killed process left half written. */
  sweep(): Promise<void>;
  /** Writes whatever is there. */
  replace(path: string, body: Uint8Array | string): Promise<void>;
  /** False where the path is taken already. */
  create(path: string, body: Uint8Array | string): Promise<boolean>;
  /** False where nothing was there. */
  remove(path: string): Promise<boolean>;
}

export function openAtomicFiles(scratch: string): AtomicFiles {
  async function writeScratch(path: string, body: Uint8Array | string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(scratch, { recursive: true });
    const temporary = join(scratch, `${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}`);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  }

  return {
    async sweep() {
      await rm(scratch, { recursive: true, force: true });
    },
    async replace(path, body) {
      const temporary = await writeScratch(path, body);
      await rename(temporary, path);
      await flushDirectory(dirname(path));
    },
    async create(path, body) {
      const temporary = await writeScratch(path, body);
      try {
        await link(temporary, path);
      } catch (error) {
        if (hasCode(error, 'EEXIST')) return false;
        throw error;
      } finally {
        await unlink(temporary);
      }
      await flushDirectory(dirname(path));
      return true;
    },
    async remove(path) {
      try {
        await unlink(path);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
      await flushDirectory(dirname(path));
      return true;
    },
  };
}

/**
 * Writes the whole text or nothing, durable when it returns: a reader, also after a kill, sees the old text or the new
 * one. Only the owner can read it. What a killed process left half written ends in `.new`.
 */
export function writeAtomically(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}.new`;
  const file = openSync(fresh, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** The bytes of a file, undefined where there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isNoFile(error)) return undefined;
    throw error;
  }
}

/** The text of a file, undefined where there is none. */
export function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isNoFile(error)) return undefined;
    throw error;
  }
}

function isNoFile(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || hasCode(error, 'EISDIR');
}

/** A new name survives a power cut only once its directory is flushed. */
async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
