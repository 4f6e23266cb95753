import type { Ledger } from '../../clients/ports.ts';
import { encode } from '../../ledger/json-objects.ts';
import { createStateBucket } from './state-bucket.ts';

/** The state bucket, with what earlier writers left in it, and a note of what was read. */
export interface MemoryLedger extends Ledger {
  given(key: string, value: unknown): void;
  /** Keys in the order in which they were read. */
  readonly reads: readonly string[];
}

export function createMemoryLedger(): MemoryLedger {
  const bucket = createStateBucket();
  const reads: string[] = [];
  return {
    ...bucket,
    reads,
    given: (key, value) => void bucket.put(key, encode(value)),
    read(key) {
      reads.push(key);
      return bucket.read(key);
    },
  };
}
