import type { Ledger } from '../clients/ports.ts';

/** Reads one JSON object of the ledger; undefined where there is none. Every writer of the ledger is ours. */
export async function readJson<T>(ledger: Ledger, key: string): Promise<T | undefined> {
  const object = await ledger.read(key);
  return object === undefined ? undefined : (JSON.parse(object.body) as T);
}

/**
 * Writes an object once. Returns what is there afterwards: ours, or the one that was there before. A lost answer of an
 * earlier try is therefore found, not repeated.
 */
export async function createJson<T>(ledger: Ledger, key: string, value: T): Promise<{ value: T; isOurs: boolean }> {
  const written = await ledger.create(key, encode(value));
  if (written.kind === 'written') {
    return { value, isOurs: true };
  }
  const existing = await readJson<T>(ledger, key);
  return existing === undefined ? createJson(ledger, key, value) : { value: existing, isOurs: false };
}

/** The JSON text as it is stored: indented, since people read the ledger too. */
export function encode(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Reads the JSON objects under these keys that are there, at most 50 at once, in the order of the keys. */
export async function readAll<T>(ledger: Ledger, keys: readonly string[]): Promise<readonly T[]> {
  const values = await readEach<T>(ledger, keys);
  return values.filter((value): value is T => value !== undefined);
}

/** The same with one value for each key: undefined where its object is gone since it was listed. */
export async function readEach<T>(ledger: Ledger, keys: readonly string[]): Promise<readonly (T | undefined)[]> {
  const values: (T | undefined)[] = [];
  for (let start = 0; start < keys.length; start += 50) {
    values.push(...(await Promise.all(keys.slice(start, start + 50).map((key) => readJson<T>(ledger, key)))));
  }
  return values;
}
