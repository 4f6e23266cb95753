import { createHash } from 'node:crypto';

/**
 * JSON text that is the same for equal values: keys sorted by code unit, no spaces, absent and undefined keys alike.
 * Throws TypeError for what JSON can't hold (NaN, functions).
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  const isJson = value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (!isJson) {
    throw new TypeError(`${String(value)} is no JSON value`);
  }
  return JSON.stringify(value);
}

/** SHA-256 of bytes, or of a text as UTF-8: 64 hex digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
