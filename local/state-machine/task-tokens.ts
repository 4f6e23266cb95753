import { randomBytes } from 'node:crypto';
import { asStateData, maxStateBytes, stateError } from './state-errors.ts';
import type { Iteration } from './visits.ts';

/** A task that waits for its token to be answered. */
export interface ParkedTask {
  readonly token: string;
  readonly executionArn: string;
  readonly state: string;
  readonly functionName: string;
  readonly iteration: readonly Iteration[];
  /** Milliseconds since the epoch. */
  readonly parkedAt: number;
}

export interface TaskTokens {
  /** A fresh token, alive until `release`; `answer` settles when somebody answers. */
  park(task: Omit<ParkedTask, 'token'>): { readonly token: string; readonly answer: Promise<unknown>; release(): void };
  /** False where no task waits for this token (any more). Throws RangeError for an output that no state may have. */
  succeed(token: string, output: unknown): boolean;
  fail(token: string, error: string, cause: string): boolean;
  parked(): readonly ParkedTask[];
}

export function createTaskTokens(): TaskTokens {
  interface Entry {
    readonly task: ParkedTask;
    resolve(output: unknown): void;
    reject(error: Error): void;
  }
  const entries = new Map<string, Entry>();

  function takeOut(token: string): Entry | undefined {
    const entry = entries.get(token);
    entries.delete(token);
    return entry;
  }

  return {
    park(task) {
      const token = randomBytes(96).toString('base64');
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      promise.catch(() => undefined);
      entries.set(token, { task: { token, ...task }, resolve, reject });
      return { token, answer: promise, release: () => entries.delete(token) };
    },
    succeed(token, output) {
      const data = asTaskOutput(output);
      const entry = takeOut(token);
      entry?.resolve(data);
      return entry !== undefined;
    },
    fail(token, error, cause) {
      const entry = takeOut(token);
      entry?.reject(stateError(error, cause));
      return entry !== undefined;
    },
    parked: () => [...entries.values()].map((entry) => entry.task),
  };
}

/** SendTaskSuccess refuses what is too large, and the task waits on. */
function asTaskOutput(output: unknown): unknown {
  try {
    return asStateData(output, 'the output');
  } catch (error) {
    throw new RangeError(`InvalidOutput: a task's output has at most ${maxStateBytes} bytes`, { cause: error });
  }
}
