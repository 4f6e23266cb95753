import { setMaxListeners } from 'node:events';
import { abortedError } from './state-errors.ts';
import type { TimerClock } from './timer-clock.ts';

/** A signal that aborts with its parent, or alone; `release` cuts it off from a parent that lives longer. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  release(): void;
}

export function linkSignal(parent?: AbortSignal): LinkedSignal {
  const controller = new AbortController();
  // A Map of 1000 hosts has 1000 listeners; that is no leak.
  setMaxListeners(0, controller.signal);
  const abort = () => controller.abort();
  parent?.addEventListener('abort', abort, { once: true });
  if (parent?.aborted) abort();
  return { signal: controller.signal, abort, release: () => parent?.removeEventListener('abort', abort) };
}

/** The work's end or the abort, whatever comes first. */
export async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(abortedError());
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Waits on the given clock; an abort ends it at once. */
export async function sleep(seconds: number, signal: AbortSignal, clock: TimerClock): Promise<void> {
  if (seconds <= 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(seconds * 1000, resolve);
  try {
    await orAborted(signal, promise);
  } finally {
    cancel();
  }
}

/** Hands values over one by one: who takes before there is one waits for it. */
export interface Handover<T> {
  put(value: T): void;
  take(signal: AbortSignal): Promise<T>;
}

export function createHandover<T>(): Handover<T> {
  const ready: T[] = [];
  const takers: ((value: T) => void)[] = [];
  return {
    put(value) {
      const taker = takers.shift();
      if (taker === undefined) ready.push(value);
      else taker(value);
    },
    take(signal) {
      const value = ready.shift();
      const coming = value === undefined ? new Promise<T>((resolve) => takers.push(resolve)) : Promise.resolve(value);
      return orAborted(signal, coming);
    },
  };
}
