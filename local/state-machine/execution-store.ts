import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionInfo } from '../../clients/ports.ts';
import { openAtomicFiles, readIfThere } from '../atomic-file.ts';
import { hasCode } from '../has-code.ts';
import { scratchName } from '../ledger/object-keys.ts';
import type { StateVisit } from './visits.ts';

/** An execution with its history: one file each. */
export interface ExecutionRecord extends ExecutionInfo {
  readonly visits: readonly StateVisit[];
}

export interface ExecutionStore {
  /** False where the name was used before. */
  create(record: ExecutionRecord): Promise<boolean>;
  save(record: ExecutionRecord): Promise<void>;
  load(name: string): Promise<ExecutionRecord | undefined>;
  names(): Promise<readonly string[]>;
}

/** `<directory>/<name>.json`, each whole or not at all. */
export async function openFileStore(directory: string): Promise<ExecutionStore> {
  const files = openAtomicFiles(join(directory, scratchName));
  await files.sweep();
  const pathOf = (name: string) => join(directory, `${name}.json`);
  const textOf = (record: ExecutionRecord) => `${JSON.stringify(record, null, 1)}\n`;
  return {
    create: (record) => files.create(pathOf(record.name), textOf(record)),
    save: (record) => files.replace(pathOf(record.name), textOf(record)),
    async load(name) {
      const text = await readIfThere(pathOf(name));
      return text === undefined ? undefined : (JSON.parse(text.toString('utf8')) as ExecutionRecord);
    },
    async names() {
      try {
        const names = await readdir(directory);
        return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return [];
        throw error;
      }
    },
  };
}

/** For tests: nothing outlives the process. */
export function openMemoryStore(): ExecutionStore {
  const records = new Map<string, ExecutionRecord>();
  return {
    async create(record) {
      if (records.has(record.name)) return false;
      records.set(record.name, record);
      return true;
    },
    async save(record) {
      records.set(record.name, record);
    },
    load: async (name) => records.get(name),
    names: async () => [...records.keys()],
  };
}

/** Saves now and then while an execution runs: often enough to be read, seldom enough for a thousand hosts. */
export interface ProgressSaver {
  touch(): void;
  /** Nothing is saved after it has resolved. */
  close(): Promise<void>;
}

const progressMilliseconds = 250;

export function createProgressSaver(save: () => Promise<void>): ProgressSaver {
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();
  let isClosed = false;
  return {
    touch() {
      if (isClosed || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        // Only the start and the end of an execution are promises; what is in between may be missing.
        saving = saving.then(save).catch(() => undefined);
      }, progressMilliseconds);
      timer.unref();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      return saving;
    },
  };
}
