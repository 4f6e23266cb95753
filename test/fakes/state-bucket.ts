import { hash } from 'node:crypto';
import type { Ledger, WriteResult } from '../../clients/ports.ts';
import { encode } from '../../ledger/json-objects.ts';

/** The state bucket in memory, with S3's conditional writes; zips lie in it as bytes. */
export interface StateBucket extends Ledger {
  /** Keys in the order in which they were read. */
  readonly reads: readonly string[];
  /** What an earlier writer left there. */
  given(key: string, value: unknown): void;
  /** As hosts download it. */
  bytes(key: string): Uint8Array | undefined;
  createBytes(key: string, body: Uint8Array): WriteResult;
  /** Every object as it is now. */
  objects(): ReadonlyMap<string, Uint8Array>;
  /** Parsed JSON of an object; undefined where there is none. */
  json(key: string): unknown;
  keys(): readonly string[];
  /** Everything as text: for tests that look for what must not be there. */
  dump(): string;
}

/** `onCreated` is told of every write, as EventBridge is; `past` are the objects that lie in it from the beginning. */
export function createStateBucket(
  onCreated: (key: string) => void = () => undefined,
  past: ReadonlyMap<string, Uint8Array> = new Map(),
): StateBucket {
  const objects = new Map(past);
  const reads: string[] = [];
  /** All keys in their order; undefined after a key came or went. */
  let inOrder: readonly string[] | undefined;

  function write(key: string, body: Uint8Array | string): WriteResult {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    if (!objects.has(key)) inOrder = undefined;
    objects.set(key, bytes);
    onCreated(key);
    return { kind: 'written', etag: etagOf(bytes) };
  }
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  function sorted(prefix = ''): string[] {
    inOrder ??= [...objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return inOrder.filter((key) => key.startsWith(prefix));
  }

  return {
    reads,
    given: (key, value) => void write(key, encode(value)),
    async read(key) {
      reads.push(key);
      const body = objects.get(key);
      return body === undefined ? undefined : { key, body: textOf(body), etag: etagOf(body) };
    },
    async create(key, body) {
      return objects.has(key) ? { kind: 'conflict' } : write(key, body);
    },
    async replace(key, body, etag) {
      const present = objects.get(key);
      return present !== undefined && etagOf(present) === etag ? write(key, body) : { kind: 'conflict' };
    },
    async put(key, body) {
      write(key, body);
    },
    async remove(key, etag) {
      const present = objects.get(key);
      if (present !== undefined && (etag === undefined || etagOf(present) === etag)) {
        objects.delete(key);
        inOrder = undefined;
      }
    },
    async list(prefix) {
      return sorted(prefix);
    },
    bytes: (key) => objects.get(key),
    objects: () => new Map(objects),
    createBytes: (key, body) => (objects.has(key) ? { kind: 'conflict' } : write(key, body)),
    json(key) {
      const body = objects.get(key);
      return body === undefined ? undefined : JSON.parse(textOf(body));
    },
    keys: () => sorted(),
    dump: () => [...objects].map(([key, body]) => `${key}\n${textOf(body)}`).join('\n'),
  };
}

/** Nobody changes the bytes of an object: a write puts others in their place. */
const etags = new WeakMap<Uint8Array, string>();

/** As S3 answers it for a plain PutObject. */
function etagOf(body: Uint8Array): string {
  const etag = etags.get(body) ?? `"${hash('md5', body)}"`;
  etags.set(body, etag);
  return etag;
}
