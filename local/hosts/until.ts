import { setTimeout as delay } from 'node:timers/promises';

/** An instant on the monotonic clock, so many seconds from now. */
export function deadline(seconds: number): number {
  return performance.now() + seconds * 1000;
}

/** Asks again until the answer is yes; throws an error that names the awaited state where the deadline passes first. */
export async function until(
  state: string,
  ask: () => boolean | Promise<boolean>,
  end: number,
  everyMilliseconds = 15,
): Promise<void> {
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${state}`);
    await delay(everyMilliseconds);
  }
}
