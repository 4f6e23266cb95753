import type { Clock } from '../../../clients/ports.ts';
import type { Timers } from '../../../local/run-command/timers.ts';

/** A clock that stands still until it is told to go on, and the timers that hang on it. */
export function createManualTime(
  start = Date.parse('2026-11-22T20:45:00Z'),
): Clock & Timers & { advance(seconds: number): Promise<void>; readonly waiting: () => number } {
  let now = start;
  const entries: { due: number; action: () => void }[] = [];
  const after = (milliseconds: number, action: () => void) => {
    const entry = { due: now + milliseconds, action };
    entries.push(entry);
    return () => {
      const index = entries.indexOf(entry);
      if (index !== -1) entries.splice(index, 1);
    };
  };
  return {
    now: () => now,
    after,
    wait: (milliseconds) => new Promise((resolve) => void after(milliseconds, resolve)),
    waiting: () => entries.length,
    async advance(seconds) {
      const end = now + seconds * 1_000;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = entries.filter((entry) => entry.due <= end).sort((one, other) => one.due - other.due)[0];
        if (next === undefined) break;
        entries.splice(entries.indexOf(next), 1);
        now = Math.max(now, next.due);
        next.action();
      }
      now = end;
    },
  };
}
