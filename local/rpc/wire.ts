import {
  DeploymentLockedError,
  HaltedError,
  InvalidDeploymentError,
  LockLostError,
  TransientAwsError,
} from '../../core/model/errors.ts';
import { EngineStartingError } from './engine-errors.ts';

/** One line of JSON each way; bytes travel as `{"$bytes": "<base64>"}`. */
export interface Request {
  readonly id: number;
  readonly method: string;
  readonly arguments: readonly unknown[];
}

export interface WireError {
  readonly name: string;
  readonly message: string;
  /** Of an InvalidDeploymentError. */
  readonly problems?: readonly string[];
  /** Of an error that is none of ours: where the bug is. */
  readonly stack?: string;
}

export type Message =
  | { readonly id: number; readonly result?: unknown }
  | { readonly id: number; readonly error: WireError };

/** More than the largest artifact as base64: whoever sends a longer line does not speak this protocol. */
const maxLineBytes = 512 * 1024 * 1024;

export function toLine(message: Request | Message): string {
  return `${JSON.stringify(message, bytesToText)}\n`;
}

export function fromLine(line: string): unknown {
  return JSON.parse(line, (_key, value: unknown) => {
    const text = typeof value === 'object' && value !== null ? (value as { $bytes?: unknown }).$bytes : undefined;
    return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : value;
  });
}

/** A Buffer has been through its toJSON when the replacer sees it: so the holder is asked. */
function bytesToText(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Readonly<Record<string, unknown>>)[key];
  return original instanceof Uint8Array ? { $bytes: Buffer.from(original).toString('base64') } : value;
}

/** Cuts a stream of bytes into lines. Throws where a line has no end. */
export function createLineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      length = 0;
      start = end + 1;
      onLine(line);
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maxLineBytes) throw new RangeError('a line without an end');
    if (rest.length > 0) parts.push(rest);
  };
}

export function toWireError(thrown: unknown): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack } = error;
  if (error instanceof InvalidDeploymentError) return { name, message, problems: error.problems };
  const isOurs = Object.hasOwn(errorClasses, name) || name === 'EngineStartingError';
  return isOurs || stack === undefined ? { name, message } : { name, message, stack };
}

const errorClasses: Readonly<Record<string, new (message: string) => Error>> = {
  DeploymentLockedError,
  HaltedError,
  LockLostError,
  TransientAwsError,
};

/** The error as it was thrown on the other side, of the same class where it is one of ours. */
export function fromWireError(error: WireError): Error {
  if (error.name === 'InvalidDeploymentError') return new InvalidDeploymentError(error.problems ?? error.message);
  if (error.name === 'EngineStartingError') return new EngineStartingError();
  const OwnError = errorClasses[error.name];
  if (OwnError !== undefined) return new OwnError(error.message);
  const other = new Error(error.message);
  other.name = error.name;
  if (error.stack !== undefined) other.stack = error.stack;
  return other;
}
