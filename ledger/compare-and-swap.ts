import { randomUUID } from 'node:crypto';
import type { Ports } from '../clients/ports.ts';
import { TransientAwsError } from '../core/model/errors.ts';
import { encode } from './json-objects.ts';

/** How often a compare-and-swap is tried against others' writes before the step is retried as a whole. */
const maxSwapAttempts = 20;

type SwapPorts = Pick<Ports, 'ledger' | 'clock'>;

/** What is changed by compare-and-swap carries an id of its last write, new with every write. */
interface Swappable {
  readonly writeId: string;
}

/**
 * Changes one object by compare-and-swap: reads it, asks `change` for the next one, writes that only over what was read,
 * and starts again where somebody else was faster. `change` returns the same object (or undefined) to change nothing.
 * An object that is not there yet reads as `empty`, and so does a key that an older version did not write. Throws TransientAwsError after 20 lost races.
 */
export async function compareAndSwap<T extends Swappable>(
  ports: SwapPorts,
  key: string,
  empty: T,
  change: (value: T) => T | undefined,
): Promise<T> {
  for (let attempt = 1; attempt <= maxSwapAttempts; attempt++) {
    const object = await ports.ledger.read(key);
    const value = object === undefined ? empty : withMissing(empty, object.body);
    const changed = change(value);
    if (changed === undefined || changed === value) {
      return value;
    }
    const next: T = { ...changed, writeId: randomUUID() };
    if (await swap(ports, key, next, object?.etag)) {
      return next;
    }
    await ports.clock.wait(Math.random() * 50 * attempt);
  }
  throw new TransientAwsError(`${key} was changed by others ${maxSwapAttempts} times in a row; the step is retried`);
}

/** The stored value; keys that an older version did not write are as in `empty`. */
export function withMissing<T>(empty: T, body: string): T {
  return { ...empty, ...(JSON.parse(body) as Partial<T>) };
}

/** The response may have been lost, not the write: on a conflict the writeId tells. */
async function swap(ports: SwapPorts, key: string, next: Swappable, etag: string | undefined): Promise<boolean> {
  const body = encode(next);
  const result = await (etag === undefined ? ports.ledger.create(key, body) : ports.ledger.replace(key, body, etag));
  if (result.kind === 'written') {
    return true;
  }
  const now = await ports.ledger.read(key);
  return now !== undefined && (JSON.parse(now.body) as Swappable).writeId === next.writeId;
}
