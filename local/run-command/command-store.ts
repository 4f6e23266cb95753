import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import { type CommandRecord, commandRecordSchema } from './command-record.ts';

/** Every command that was sent, by id; on disk where a folder is given, in memory otherwise. */
export interface CommandStore {
  get(commandId: string): CommandRecord | undefined;
  all(): readonly CommandRecord[];
  /** The newest command with this comment for this host. */
  find(instanceId: string, comment: string): CommandRecord | undefined;
  /** Durable when it returns. */
  save(record: CommandRecord): void;
}

/** How long AWS keeps the history of commands. */
const retentionMilliseconds = 30 * 24 * 3_600 * 1_000;

/** Reads what an earlier engine left; what is older than 30 days, or half written, goes. */
export function createCommandStore(stateDir: string | undefined, now: number): CommandStore {
  const folder = stateDir === undefined ? undefined : join(stateDir, 'commands');
  const records = new Map<string, CommandRecord>();
  const byComment = new Map<string, string>();
  const commentKey = (instanceId: string, comment: string): string => `${instanceId}\n${comment}`;
  const remember = (record: CommandRecord): void => {
    records.set(record.commandId, record);
    byComment.set(commentKey(record.instanceId, record.comment), record.commandId);
  };

  if (folder !== undefined) {
    for (const record of readFolder(folder, now)) remember(record);
  }

  return {
    get: (commandId) => records.get(commandId),
    all: () => [...records.values()],
    find(instanceId, comment) {
      const commandId = byComment.get(commentKey(instanceId, comment));
      return commandId === undefined ? undefined : records.get(commandId);
    },
    save(record) {
      if (folder !== undefined) {
        writeAtomically(join(folder, `${record.commandId}.json`), JSON.stringify(record, null, 2));
      }
      if (records.has(record.commandId)) records.set(record.commandId, record);
      else remember(record);
    },
  };
}

function readFolder(folder: string, now: number): readonly CommandRecord[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept: CommandRecord[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.endsWith('.json')) {
      rmSync(path, { force: true });
      continue;
    }
    const record = commandRecordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (now - Date.parse(record.requestedAt) > retentionMilliseconds) rmSync(path, { force: true });
    else kept.push(record);
  }
  return kept.sort((one, other) => one.requestedAt.localeCompare(other.requestedAt));
}
