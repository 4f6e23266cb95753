import { setTimeout as timeout } from 'node:timers/promises';
import { TransientAwsError } from '../../core/model/errors.ts';
import type { Clock } from '../ports.ts';

/** The machine's clock. A wait ends with the signal of the work at hand, as TransientAwsError. */
export function createSystemClock(signal: () => AbortSignal | undefined): Clock {
  return {
    now: () => Date.now(),
    async wait(milliseconds) {
      const abortSignal = signal();
      try {
        await timeout(milliseconds, undefined, abortSignal === undefined ? {} : { signal: abortSignal });
      } catch (error) {
        throw new TransientAwsError(`a wait of ${Math.round(milliseconds)} ms was ended before its time`, {
          cause: error,
        });
      }
    },
  };
}
