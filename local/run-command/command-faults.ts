import type { SendCommandRequest } from './send-command-request.ts';
import type { RunCommandEvent } from './status-event.ts';

/** What a test or a demonstration makes go wrong with one command. All of it happens on AWS as well. */
export type SendFault =
  /** SendCommand is throttled: nothing is sent. */
  | { readonly kind: 'throttle' }
  /** The command is sent, its answer is lost. */
  | { readonly kind: 'lose-response' }
  /** The agent never gets it: Pending until the delivery timeout. */
  | { readonly kind: 'lose-command' }
  /** The agent takes it and never reports; with `runs`, it does the work first. */
  | { readonly kind: 'lose-result'; readonly runs: boolean }
  /** The agent runs it, and then once more; the first result counts. */
  | { readonly kind: 'run-twice' }
  /** The agent starts it so late, whatever SSM has made of it by then. */
  | { readonly kind: 'start-late'; readonly seconds: number }
  /** The same, when the promise resolves. */
  | { readonly kind: 'start-after'; readonly released: Promise<unknown> }
  /** GetCommandInvocation does not know it yet, so many times. */
  | { readonly kind: 'invisible'; readonly looks: number };

/** What goes wrong with one status event, which EventBridge delivers at best. */
export type EventFault =
  | { readonly kind: 'drop' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'delay'; readonly seconds: number }
  | { readonly kind: 'hold'; readonly released: Promise<unknown> };

/** Asked once for every send and every event; undefined is no fault. */
export interface CommandFaults {
  onSend?(request: SendCommandRequest): SendFault | undefined;
  onEvent?(event: RunCommandEvent): EventFault | undefined;
}

/** Faults that wait in line for the call they are meant for; each strikes once. */
export interface CommandFaultQueue extends Required<CommandFaults> {
  givenSend(fault: SendFault, matches?: (request: SendCommandRequest) => boolean): void;
  givenEvent(fault: EventFault, matches?: (event: RunCommandEvent) => boolean): void;
  /** Faults that have not struck: a test that expects none left has not tested what it says. */
  pending(): number;
}

export function createCommandFaultQueue(): CommandFaultQueue {
  const sends: { fault: SendFault; matches: (request: SendCommandRequest) => boolean }[] = [];
  const events: { fault: EventFault; matches: (event: RunCommandEvent) => boolean }[] = [];
  return {
    givenSend: (fault, matches = () => true) => void sends.push({ fault, matches }),
    givenEvent: (fault, matches = () => true) => void events.push({ fault, matches }),
    onSend: (request) => takeFirst(sends, request),
    onEvent: (event) => takeFirst(events, event),
    pending: () => sends.length + events.length,
  };
}

function takeFirst<Fault, Subject>(
  queue: { fault: Fault; matches: (subject: Subject) => boolean }[],
  subject: Subject,
): Fault | undefined {
  const index = queue.findIndex((entry) => entry.matches(subject));
  return index === -1 ? undefined : queue.splice(index, 1)[0]?.fault;
}
