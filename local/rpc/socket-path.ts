import { closeSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Linux holds no longer path in a socket address, the closing zero included. */
const maxSocketPathBytes = 107;

/** A name for the socket that fits into an address, however deep the directory; `release` when it is used no more. */
export function shortSocketPath(path: string): { readonly path: string; release(): void } {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return { path, release: () => undefined };
  const directory = openSync(dirname(path), 'r');
  return { path: join('/proc/self/fd', String(directory), basename(path)), release: () => closeSync(directory) };
}
