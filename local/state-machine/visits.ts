import type { State } from './definition.ts';

/** Where inside a Map (or Parallel): its state and the number of the item, from 0. */
export interface Iteration {
  readonly state: string;
  readonly index: number;
}

/** One stay of an execution in one state. */
export interface StateVisit {
  readonly state: string;
  readonly type: State['Type'];
  /** Outermost Map first; empty at the top level. */
  readonly iteration: readonly Iteration[];
  /** ISO 8601 */
  readonly enteredAt: string;
  /** Absent while it lasts, and where the execution ended here by failure or abort. */
  readonly exitedAt?: string;
  /** How often its function was called, or its iterations run; 0 for states that do neither. */
  readonly attempts: number;
  /** The last failure, also one that was retried or caught. */
  readonly error?: string;
  readonly cause?: string;
  /** The state that Catch went to. */
  readonly caughtBy?: string;
}

export type Transition = 'entered' | 'attempted' | 'retried' | 'exited' | 'failed';

/** What happened to which visit; the visit is as it is then, and changes no more. */
export interface TransitionEvent {
  readonly executionArn: string;
  readonly transition: Transition;
  /** Number of the visit in the execution's history, from 0. */
  readonly number: number;
  readonly visit: StateVisit;
}

/** A visit while it is written. */
export interface OpenVisit {
  current(): StateVisit;
  change(transition: Transition, fields: Partial<StateVisit>): void;
}

/** The history of one execution, in the order of entering. */
export interface History {
  enter(visit: Pick<StateVisit, 'state' | 'type' | 'iteration' | 'enteredAt'>): OpenVisit;
  visits(): readonly StateVisit[];
}

export function createHistory(
  onTransition: (transition: Transition, number: number, visit: StateVisit) => void,
): History {
  const visits: StateVisit[] = [];
  return {
    enter(start) {
      const number = visits.length;
      let visit: StateVisit = { ...start, attempts: 0 };
      visits.push(visit);
      onTransition('entered', number, visit);
      return {
        current: () => visit,
        change(transition, fields) {
          visit = { ...visit, ...fields };
          visits[number] = visit;
          onTransition(transition, number, visit);
        },
      };
    },
    visits: () => [...visits],
  };
}
