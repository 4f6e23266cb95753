import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AccessEntry } from './endpoint.ts';

/** One file before it is put aside; the one before that goes. */
const maxBytes = 5_000_000;

/** Appends one JSON line per request, for `onAccess`; two files of at most 5 MB are kept. */
export function createAccessLog(path: string): (entry: AccessEntry) => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return (entry) => {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  };
}
