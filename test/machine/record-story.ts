import type { StateVisit } from '../../local/state-machine/visits.ts';
import type { Invocation } from '../fakes/lambda-runtime.ts';
import type { PortCall } from '../fakes/watches.ts';
import { definition } from '../fakes/world.ts';
import { recordCalls, shapeOf } from '../infra/permissions/recorded-calls.ts';
import { visitedPoints } from './coverage.ts';
import type { StoryRecord } from './story-records.ts';

export interface StoryRecorder {
  visited(visits: readonly StateVisit[]): void;
  called(call: PortCall): void;
  record(): StoryRecord;
}

/** What an invocation has called so far; from here, what others called next. */
interface Place extends Map<string, Place> {}

/** Of all files that this worker runs: a call stands in the record of the first that made it, and all records count. */
const starts: Place = new Map();

export function createStoryRecorder(): StoryRecorder {
  const points = new Set<string>();
  const calls = recordCalls();
  const places = new WeakMap<Invocation, Place>();

  return {
    visited(visits) {
      for (const point of visitedPoints(definition, visits)) points.add(point);
    },
    // The way of a call is read from the stack, which costs more than all the rest of the call. An invocation with the same
    // payload that has called the same in the same order as an earlier one is taken to be at the same place of the code.
    called({ by, method, args }) {
      const before = places.get(by) ?? next(starts, `${by.name} ${withoutValues(by.payload)}`).place;
      const { place, isNew } = next(before, `${method} ${shapeOf(method, args)}`);
      places.set(by, place);
      if (isNew) calls.note(by.name, method, args);
    },
    record: () => ({ visited: [...points], calls: calls.calls() }),
  };
}

function next(before: Place, step: string): { readonly place: Place; readonly isNew: boolean } {
  const known = before.get(step);
  if (known !== undefined) return { place: known, isNew: false };
  const place: Place = new Map();
  before.set(step, place);
  return { place, isNew: true };
}

/** The payload with its ids, tokens, numbers and times left out: what is left says which way the function goes. */
function withoutValues(payload: string): string {
  return payload.replace(/[\w.:/+=-]*\d[\w.:/+=-]*/g, '');
}
