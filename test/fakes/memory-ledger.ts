import { createHash } from 'node:crypto';
import type { Ledger, LedgerObject } from '../../clients/ports.ts';

/** A ledger in memory with S3's conditional writes; `given` puts an object there as an earlier writer would have. */
export interface MemoryLedger extends Ledger {
  given(key: string, value: unknown): void;
  /** Keys in the order in which they were read. */
  readonly reads: readonly string[];
}

export function createMemoryLedger(): MemoryLedger {
  const objects = new Map<string, LedgerObject>();
  const reads: string[] = [];
  const write = (key: string, body: string): string => {
    const etag = createHash('md5').update(`${body}${objects.size}`).digest('hex');
    objects.set(key, { key, body, etag });
    return etag;
  };
  return {
    reads,
    given: (key, value) => void write(key, `${JSON.stringify(value, null, 2)}\n`),
    async read(key) {
      reads.push(key);
      return objects.get(key);
    },
    async create(key, body) {
      return objects.has(key) ? { kind: 'conflict' } : { kind: 'written', etag: write(key, body) };
    },
    async replace(key, body, etag) {
      return objects.get(key)?.etag === etag ? { kind: 'written', etag: write(key, body) } : { kind: 'conflict' };
    },
    async put(key, body) {
      write(key, body);
    },
    async remove(key) {
      objects.delete(key);
    },
    async list(prefix) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix));
      return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
  };
}
