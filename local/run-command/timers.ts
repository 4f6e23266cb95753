/** Something that happens later, once, unless it is called off. */
export interface Timers {
  /** Calls `action` after so many milliseconds; the returned function calls it off. */
  after(milliseconds: number, action: () => void): () => void;
}

/** `setTimeout` fires at once above this. */
const maxTimeoutMilliseconds = 2 ** 31 - 1;

/** Real timers, which never keep the process alive. */
export const systemTimers: Timers = {
  after(milliseconds, action) {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const step = Math.min(left, maxTimeoutMilliseconds);
      handle = setTimeout(() => (left > step ? arm(left - step) : action()), Math.max(0, step));
      handle.unref();
    };
    arm(milliseconds);
    return () => clearTimeout(handle);
  },
};
