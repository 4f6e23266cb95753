import type { Timers } from '../../local/run-command/timers.ts';
import type { TimerClock } from '../../local/state-machine/timer-clock.ts';

/** A clock that stands still until the test lets the next thing happen. */
export interface VirtualTime extends TimerClock, Timers {
  /** Goes to what is due next and rings it; false where nothing is. */
  ringNext(): boolean;
  /** Goes on without ringing: for instants between two events. */
  skip(milliseconds: number): void;
  /** Calls of `wait` that nobody has rung yet. */
  sleepers(): number;
  /** Grows whenever somebody uses the clock. */
  uses(): number;
}

export const beginning = Date.parse('2026-11-22T20:45:00Z');

export function createVirtualTime(start = beginning): VirtualTime {
  let now = start;
  let order = 0;
  let uses = 0;
  let sleepers = 0;
  const waiting = new Map<number, { readonly at: number; readonly ring: () => void }>();

  function after(milliseconds: number, ring: () => void): () => void {
    uses += 1;
    const id = order++;
    waiting.set(id, { at: now + Math.max(0, milliseconds), ring });
    return () => void waiting.delete(id);
  }

  return {
    now: () => now,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        sleepers += 1;
        after(milliseconds, () => {
          sleepers -= 1;
          resolve();
        });
      }),
    schedule: after,
    after,
    ringNext() {
      const next = [...waiting].reduce<
        readonly [number, { readonly at: number; readonly ring: () => void }] | undefined
      >((first, entry) => (first === undefined || entry[1].at < first[1].at ? entry : first), undefined);
      if (next === undefined) return false;
      const [id, { at, ring }] = next;
      waiting.delete(id);
      now = Math.max(now, at);
      ring();
      return true;
    },
    skip(milliseconds) {
      now += milliseconds;
    },
    sleepers: () => sleepers,
    uses: () => uses,
  };
}
