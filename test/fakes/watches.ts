import type { TransitionEvent } from '../../local/state-machine/visits.ts';
import type { Invocation } from './lambda-runtime.ts';

/** A call of a port, as `ledger.read`, by a function. */
export interface PortCall {
  readonly by: Invocation;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What tests let happen at a certain moment. */
export interface Watching {
  /** Does this when an execution next enters the state, before the state does anything. */
  whenEntered(state: string, act: (executionArn: string) => void): void;
  /** Told of every state that is entered from now on, before the state does anything. */
  onTransition(watch: (event: TransitionEvent) => void): void;
  /** Told of every call of a port by a function from now on, while the call is being made. */
  onCall(watch: (call: PortCall) => void): void;
  /** Told of every object that is written to the state bucket from now on, once it lies there. */
  onWritten(watch: (key: string) => void): void;
  /** After so many more calls of ports: `act` happens between one call and the next. */
  whenCalled(calls: number, act: () => void): void;
  /** Calls of ports by the handlers: `ledger.read`. */
  calls(): readonly string[];
}

/** Hears what the world does, and tells those who watch. */
export interface Watches {
  readonly watching: Watching;
  entered(event: TransitionEvent): void;
  called(call: PortCall): void;
  written(key: string): void;
  forgetCalls(): void;
  /** Moments that have not come. */
  pending(): readonly string[];
}

export function createWatches(): Watches {
  const calls: string[] = [];
  const awaited: { readonly state: string; readonly act: (executionArn: string) => void }[] = [];
  let watchTransitions: (event: TransitionEvent) => void = () => undefined;
  let watchCalls: (call: PortCall) => void = () => undefined;
  let watchWrites: (key: string) => void = () => undefined;
  let callsLeft = Number.POSITIVE_INFINITY;
  let onCallsOver: () => void = () => undefined;

  return {
    watching: {
      whenEntered: (state, act) => void awaited.push({ state, act }),
      onTransition(watch) {
        watchTransitions = watch;
      },
      onCall(watch) {
        watchCalls = watch;
      },
      onWritten(watch) {
        watchWrites = watch;
      },
      whenCalled(count, act) {
        callsLeft = count;
        onCallsOver = act;
      },
      calls: () => calls,
    },
    entered(event) {
      const index = awaited.findIndex(({ state }) => state === event.visit.state);
      if (index !== -1) awaited.splice(index, 1)[0]?.act(event.executionArn);
      watchTransitions(event);
    },
    called(call) {
      calls.push(call.method);
      watchCalls(call);
      callsLeft -= 1;
      if (callsLeft === 0) onCallsOver();
    },
    written: (key) => watchWrites(key),
    forgetCalls() {
      calls.length = 0;
    },
    pending: () => awaited.map(({ state }) => `${state} is never entered`),
  };
}
