import type { Clock } from '../../clients/ports.ts';

/** A clock that also rings: heartbeats, timeouts, waits and the backoff of retries hang on it. */
export interface TimerClock extends Clock {
  /** Calls back once after so many milliseconds; the answer takes the call back. */
  schedule(milliseconds: number, callback: () => void): () => void;
}

/** Node's timers count milliseconds in 31 bits: a longer one would fire at once. */
const longestTimerMilliseconds = 2_147_483_647;

/** The machine's own clock. */
export function createSystemClock(): TimerClock {
  function schedule(milliseconds: number, callback: () => void): () => void {
    const end = Date.now() + milliseconds;
    let timer = setTimeout(ring, Math.min(milliseconds, longestTimerMilliseconds));
    function ring(): void {
      const left = end - Date.now();
      if (left <= 0 || milliseconds <= longestTimerMilliseconds) callback();
      else timer = setTimeout(ring, Math.min(left, longestTimerMilliseconds));
    }
    return () => clearTimeout(timer);
  }
  return {
    now: () => Date.now(),
    wait: (milliseconds) => new Promise((resolve) => schedule(milliseconds, resolve)),
    schedule,
  };
}
