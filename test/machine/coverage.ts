import { type Definition, type State, statesOf } from '../../local/state-machine/definition.ts';
import { matchesError } from '../../local/state-machine/retry.ts';
import type { StateVisit } from '../../local/state-machine/visits.ts';

/** What of a definition some execution has been through. */
export interface Coverage {
  record(visits: readonly StateVisit[]): void;
  /** States, Catches and Choice arms that nobody has been through. */
  missing(): readonly string[];
}

export function coverageOf(definition: Definition): Coverage {
  const states = new Map(statesOf(definition));
  const open = new Set([...states].flatMap(([name, state]) => pointsOf(name, state)));

  function recordChoice(visit: StateVisit, after: readonly StateVisit[]): void {
    const place = JSON.stringify(visit.iteration);
    const next = after.find((each) => JSON.stringify(each.iteration) === place);
    if (next !== undefined) open.delete(armPoint(visit.state, next.state));
  }

  function recordCatch(visit: StateVisit, state: State): void {
    const index = (state.Catch ?? []).findIndex((each) => matchesError(each.ErrorEquals, visit.error ?? ''));
    if (visit.caughtBy !== undefined) open.delete(catchPoint(visit.state, state, index));
  }

  return {
    record(visits) {
      for (const [index, visit] of visits.entries()) {
        const state = states.get(visit.state);
        open.delete(visit.state);
        if (state?.Type === 'Choice') recordChoice(visit, visits.slice(index + 1));
        if (state !== undefined) recordCatch(visit, state);
      }
    },
    missing: () => [...open].sort(),
  };
}

function pointsOf(name: string, state: State): readonly string[] {
  const arms = [...(state.Choices ?? []).map((rule) => rule.Next), state.Default].filter((next) => next !== undefined);
  return [
    name,
    ...arms.map((next) => armPoint(name, next)),
    ...(state.Catch ?? []).map((_, index) => catchPoint(name, state, index)),
  ];
}

function armPoint(name: string, next: string): string {
  return `${name} chooses ${next}`;
}

function catchPoint(name: string, state: State, index: number): string {
  const catcher = state.Catch?.[index];
  return `${name} catches ${catcher?.ErrorEquals.join(', ')} to ${catcher?.Next}`;
}
