/** Ctrl-C and its relatives: the first one asks to stop, a second one ends the process at once. */
export function createStopSignal(onSecond: () => void): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) {
      onSecond();
    } else {
      controller.abort();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, stop);
  }
  return controller.signal;
}

/** Resolves when the signal is given. */
export function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) {
    resolve();
  } else {
    signal.addEventListener('abort', () => resolve(), { once: true });
  }
  return promise;
}
