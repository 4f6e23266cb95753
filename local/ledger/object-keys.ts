import { join } from 'node:path';

/** S3's bound, in bytes. */
const maxKeyBytes = 1024;
/** File systems take no longer name; S3 has no such bound. */
const maxSegmentBytes = 255;
/** Where half-written objects are: no key may lead there. */
export const scratchName = '.scratch';

/** The file of a key below a directory. Throws RangeError for a key that would leave it or that no file can have. */
export function pathOfKey(directory: string, key: string): string {
  const segments = key.split('/');
  const isBad =
    Buffer.byteLength(key) > maxKeyBytes ||
    segments[0] === scratchName ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..') ||
    segments.some((segment) => Buffer.byteLength(segment) > maxSegmentBytes) ||
    [...key].some((character) => character < ' ' || character === '\\' || character === '\u007f');
  if (isBad) throw new RangeError(`not a key of the ledger: ${JSON.stringify(key.slice(0, 200))}`);
  return join(directory, ...segments);
}

/** S3 lists keys by their UTF-8 bytes, which is not the order of JavaScript's strings. */
export function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
