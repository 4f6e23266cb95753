import type { Timers } from '../../local/run-command/timers.ts';
import type { TimerClock } from '../../local/state-machine/timer-clock.ts';
import { beginning } from './virtual-time.ts';

/**
 * A clock that stands still until the test says how far it goes: for tests of one part, which name the seconds. Where the
 * whole engine runs, time goes on by itself to what is due next: `createVirtualTime`.
 */
export interface ManualClock extends TimerClock, Timers {
  /** Rings everything that is due on the way, in order, and lets what it woke come to rest after each. */
  advance(seconds: number): Promise<void>;
  /** How many calls are waiting. */
  pending(): number;
}

export function createManualClock(start = beginning): ManualClock {
  let now = start;
  let order = 0;
  const waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();

  function schedule(milliseconds: number, callback: () => void): () => void {
    const id = order++;
    waiting.set(id, { at: now + Math.max(0, milliseconds), callback });
    return () => waiting.delete(id);
  }

  function earliest(until: number): number | undefined {
    let found: { readonly id: number; readonly at: number } | undefined;
    for (const [id, { at }] of waiting) {
      if (at <= until && (found === undefined || at < found.at)) found = { id, at };
    }
    return found?.id;
  }

  return {
    now: () => now,
    wait: (milliseconds) => new Promise((resolve) => schedule(milliseconds, resolve)),
    schedule,
    after: schedule,
    pending: () => waiting.size,
    async advance(seconds) {
      const end = now + Math.round(seconds * 1000);
      await settle();
      for (let id = earliest(end); id !== undefined; id = earliest(end)) {
        const due = waiting.get(id);
        waiting.delete(id);
        now = Math.max(now, due?.at ?? now);
        due?.callback();
        await settle();
      }
      now = end;
    },
  };
}

/** All promises that can be settled without the outside world are, once Node's event loop has turned. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
