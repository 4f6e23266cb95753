import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../clients/ports.ts';
import { writeAtomically } from '../atomic-file.ts';
import { type EventFunction, eventFunctions } from './functions.ts';

/** Lambda invokes asynchronously at most three times; it waits one and two minutes between, here seconds are enough. */
const retryMilliseconds = [1_000, 2_000] as const;

export interface EventBus {
  /** Hands an event to its function, as EventBridge does: at least once, in no order, without waiting for the end. */
  deliver(to: EventFunction, event: unknown): void;
  /** Resolves when everything that was delivered has been dealt with. */
  idle(): Promise<void>;
  /** Delivers nothing more. */
  close(): void;
}

export interface EventBusOptions {
  readonly clock: Pick<Clock, 'wait'>;
  /** Events that failed three times are kept here, as a dead-letter queue would. */
  readonly deadLetters: string;
  readonly log: (line: string) => void;
}

/** The engine's EventBridge: events of uploads, commands, executions and the ledger reach the handlers through it. */
export function createEventBus(options: EventBusOptions): EventBus {
  const open = new Set<Promise<void>>();
  let isClosed = false;

  async function invoke(to: EventFunction, event: unknown): Promise<void> {
    for (const pause of [...retryMilliseconds, null]) {
      try {
        await eventFunctions[to](event);
        return;
      } catch (error) {
        const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        if (isClosed) {
          return;
        }
        if (pause === null) {
          bury(to, event, message);
          return;
        }
        await options.clock.wait(pause);
        if (isClosed) {
          return;
        }
      }
    }
  }

  function bury(to: EventFunction, event: unknown, error: string): void {
    const name = `${to}-${randomUUID()}.json`;
    writeAtomically(join(options.deadLetters, name), `${JSON.stringify({ function: to, error, event }, null, 2)}\n`);
    options.log(`${to} failed three times (${error}); the event is kept as ${name}`);
  }

  return {
    deliver(to, event) {
      if (isClosed) {
        return;
      }
      const task = invoke(to, event).finally(() => open.delete(task));
      open.add(task);
    },
    async idle() {
      while (open.size > 0) {
        await Promise.all(open);
      }
    },
    close() {
      isClosed = true;
    },
  };
}
