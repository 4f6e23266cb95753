import { linkSignal } from './abortable.ts';

/**
 * Runs `work` for 0, 1, … in this order, never more than `limit` at once: the next starts when one has ended. The
 * first failure aborts what runs, and nothing starts after it.
 */
export async function runInOrder<T>(
  count: number,
  limit: number,
  parent: AbortSignal,
  work: (index: number, signal: AbortSignal) => Promise<T>,
): Promise<readonly T[]> {
  const results = new Array<T>(count);
  const group = linkSignal(parent);
  let next = 0;
  async function takeTurns(): Promise<void> {
    while (next < count && !group.signal.aborted) {
      const index = next++;
      try {
        results[index] = await work(index, group.signal);
      } catch (error) {
        group.abort();
        throw error;
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(count, limit) }, takeTurns));
    return results;
  } finally {
    group.release();
  }
}
