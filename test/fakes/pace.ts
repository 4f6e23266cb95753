import type { VirtualTime } from './virtual-time.ts';

/** Turns of the event loop without any activity after which nothing goes on any more. */
const idleTurns = 60;
const maxRings = 200_000;

/** Lets virtual time go on only when nothing can happen at this instant any more. */
export interface Pace {
  /** Something happened: whoever waits for quiet waits on. */
  noticed(): void;
  /** So many more (or fewer) are at work: handlers and agents. */
  work(change: number): void;
  /** Until nothing happens at this instant any more. */
  quiet(): Promise<void>;
  /** Lets things happen until it is so. Throws where nothing can happen any more. */
  until(condition: () => boolean | Promise<boolean>, what?: string): Promise<void>;
  /** Until this many seconds have passed, whatever happens. */
  pass(seconds: number): Promise<void>;
}

export function createPace(time: VirtualTime): Pace {
  let activity = 0;
  let atWork = 0;

  async function quiet(): Promise<void> {
    for (let idle = 0, seen = -1; idle < idleTurns; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = activity + time.uses();
      const isAtWork = atWork > time.sleepers();
      idle = now !== seen ? 0 : idle + (isAtWork ? 1 : idleTurns / 3);
      seen = now;
    }
  }

  async function until(condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
    for (let rings = 0; rings < maxRings; rings += 1) {
      await quiet();
      if (await condition()) return;
      if (!time.ringNext()) throw new Error(`nothing can happen any more, and still not so: ${what}`);
    }
    throw new Error(`too much has happened, and still not so: ${what}`);
  }

  return {
    noticed() {
      activity += 1;
    },
    work(change) {
      activity += 1;
      atWork += change;
    },
    quiet,
    until,
    async pass(seconds) {
      let isOver = false;
      time.schedule(seconds * 1000, () => {
        isOver = true;
      });
      await until(() => isOver, `${seconds} s have passed`);
    },
  };
}
