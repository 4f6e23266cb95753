/** A retrier of a definition, as committed. */
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

const defaultIntervalSeconds = 1;
const defaultMaxAttempts = 3;
const defaultBackoffRate = 2;

/**
 * Whether an error matches a list of names. A missed heartbeat is a timeout too; `States.TaskFailed` stands for
 * everything but timeouts; `States.ALL` for everything.
 */
export function matchesError(errorEquals: readonly string[], name: string): boolean {
  const isTimeout = name === 'States.Timeout' || name === 'States.HeartbeatTimeout';
  return errorEquals.some(
    (wanted) =>
      wanted === name ||
      wanted === 'States.ALL' ||
      (wanted === 'States.Timeout' && isTimeout) ||
      (wanted === 'States.TaskFailed' && !isTimeout),
  );
}

/** Counts the attempts of one visit of a state: each retrier has a count of its own. */
export interface RetryCounter {
  /** Seconds to wait before the next attempt; undefined where there is none. */
  nextDelaySeconds(errorName: string): number | undefined;
}

export function countRetries(retriers: readonly Retrier[], random: () => number): RetryCounter {
  const used = retriers.map(() => 0);
  return {
    nextDelaySeconds(errorName) {
      const index = retriers.findIndex((retrier) => matchesError(retrier.ErrorEquals, errorName));
      const retrier = retriers[index];
      const attempts = used[index];
      if (retrier === undefined || attempts === undefined) return undefined;
      if (attempts >= (retrier.MaxAttempts ?? defaultMaxAttempts)) return undefined;
      used[index] = attempts + 1;
      const backoff =
        (retrier.IntervalSeconds ?? defaultIntervalSeconds) * (retrier.BackoffRate ?? defaultBackoffRate) ** attempts;
      const delay = Math.min(backoff, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
      return retrier.JitterStrategy === 'FULL' ? random() * delay : delay;
    },
  };
}
