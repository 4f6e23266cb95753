import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The signal of the invocation at hand, wherever in it a port is called. Work that an early time-out has left behind
 * keeps its own, aborted one: when Lambda thaws the process for the next invocation, it can change nothing any more.
 */
const storage = new AsyncLocalStorage<AbortSignal>();

/** Does the work of one invocation under its signal. */
export function withCallSignal<Result>(signal: AbortSignal, work: () => Result): Result {
  return storage.run(signal, work);
}

/** The signal that ends the calls of this invocation; undefined outside of one. */
export function callSignal(): AbortSignal | undefined {
  return storage.getStore();
}
