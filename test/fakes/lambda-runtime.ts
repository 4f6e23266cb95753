import { AsyncLocalStorage } from 'node:async_hooks';
import type { Handler } from '../../functions/runtime/handler.ts';
import {
  type EventFunction,
  eventFunctions as eventHandlers,
  stepFunctions as stepHandlers,
} from '../../local/engine/functions.ts';
import type { Pace } from './pace.ts';
import type { Life } from './port-faults.ts';
import type { VirtualTime } from './virtual-time.ts';

export type StepFunction = keyof typeof stepHandlers;
export type { EventFunction };

export interface FunctionFault {
  readonly times?: number;
  /** It has done everything when it fails. */
  readonly after?: boolean;
  /** Only calls whose payload, as JSON, matches. */
  readonly matches?: RegExp;
  /** What the error says. */
  readonly cause?: string;
}

/** One run of a function, an object of its own. */
export interface Invocation {
  readonly name: string;
  /** As JSON. */
  readonly payload: string;
}

/** The handlers as Lambda and EventBridge run them, in one process that may die. */
export interface LambdaRuntime {
  /** For the machine, by the names in its definition. */
  readonly functions: Readonly<Record<StepFunction, (payload: unknown) => Promise<unknown>>>;
  /** As EventBridge delivers: asynchronously, again where the function failed, in the end not at all. */
  deliver(name: EventFunction, event: unknown): Promise<void>;
  givenFault(name: StepFunction | EventFunction, error: string, more?: FunctionFault): void;
  /** Events of this kind reach nobody. */
  givenEventsLost(name: EventFunction, isLost: boolean): void;
  areEventsLost(name: EventFunction): boolean;
  /** The invocation that the code at hand runs in; throws outside of any. */
  running(): Invocation;
  pendingFaults(): readonly string[];
  clearFaults(): void;
  life(): Life;
  /** The process dies and comes back: what ran in it is gone. */
  kill(): void;
  close(): void;
}

/** Retries that EventBridge makes for a function that fails: 60 and 120 s later. */
const redeliverySeconds = [60, 120] as const;

interface Fault {
  readonly name: string;
  readonly error: string;
  readonly after: boolean;
  readonly matches: RegExp;
  readonly cause: string;
}

export function createLambdaRuntime(time: VirtualTime, pace: Pace): LambdaRuntime {
  const faults: Fault[] = [];
  const lost = new Set<EventFunction>();
  const running = new AsyncLocalStorage<Invocation>();
  let life: Life = { isOver: false };
  let atWork = 0;
  let isClosed = false;

  async function invoke(name: string, handler: Handler, payload: unknown): Promise<unknown> {
    const own = life;
    atWork += 1;
    pace.work(1);
    try {
      const text = JSON.stringify(payload);
      const index = faults.findIndex((fault) => fault.name === name && fault.matches.test(text));
      const fault = index === -1 ? undefined : faults.splice(index, 1)[0];
      if (fault !== undefined && !fault.after) throw errorNamed(fault);
      const result = await running.run({ name, payload: text }, () => handler(payload));
      if (fault !== undefined) throw errorNamed(fault);
      return result ?? {};
    } finally {
      if (!own.isOver) {
        atWork -= 1;
        pace.work(-1);
      }
    }
  }

  return {
    functions: {
      AdmitDeployment: (payload) => invoke('AdmitDeployment', stepHandlers.AdmitDeployment, payload),
      AcquireLock: (payload) => invoke('AcquireLock', stepHandlers.AcquireLock, payload),
      PlanRollout: (payload) => invoke('PlanRollout', stepHandlers.PlanRollout, payload),
      RunHostStep: (payload) => invoke('RunHostStep', stepHandlers.RunHostStep, payload),
      RunBalancerStep: (payload) => invoke('RunBalancerStep', stepHandlers.RunBalancerStep, payload),
      RecordStepError: (payload) => invoke('RecordStepError', stepHandlers.RecordStepError, payload),
      DecideNextWave: (payload) => invoke('DecideNextWave', stepHandlers.DecideNextWave, payload),
      ParkDeployment: (payload) => invoke('ParkDeployment', stepHandlers.ParkDeployment, payload),
      FinishDeployment: (payload) => invoke('FinishDeployment', stepHandlers.FinishDeployment, payload),
    },
    async deliver(name, event) {
      if (lost.has(name) || isClosed) return;
      await Promise.resolve();
      for (const seconds of [...redeliverySeconds, undefined]) {
        try {
          await invoke(name, eventHandlers[name], event);
          return;
        } catch {
          if (seconds === undefined || isClosed) return;
          await time.wait(seconds * 1000);
        }
      }
    },
    givenFault(name, error, { times = 1, after = false, matches = /./, cause = `a fault of the test: ${error}` } = {}) {
      for (let count = 0; count < times; count += 1) faults.push({ name, error, after, matches, cause });
    },
    givenEventsLost(name, isLost) {
      if (isLost) lost.add(name);
      else lost.delete(name);
    },
    areEventsLost: (name) => lost.has(name),
    running() {
      const invocation = running.getStore();
      if (invocation === undefined) throw new Error('no function is running here');
      return invocation;
    },
    pendingFaults: () => faults.map((fault) => `${fault.name} ${fault.error}`),
    clearFaults() {
      faults.length = 0;
    },
    life: () => life,
    kill() {
      life.isOver = true;
      pace.work(-atWork);
      atWork = 0;
      life = { isOver: false };
    },
    close() {
      isClosed = true;
    },
  };
}

function errorNamed({ error, cause }: Fault): Error {
  return Object.assign(new Error(cause), { name: error });
}
