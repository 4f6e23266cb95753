import { type Definition, type State, statesOf } from '../../local/state-machine/definition.ts';
import { matchesError } from '../../local/state-machine/retry.ts';
import type { StateVisit } from '../../local/state-machine/visits.ts';

/** Every state, Catch and Choice arm of a definition: `Plan`, `Plan catches States.ALL to Finish`, `IsLocked chooses Plan`. */
export function pointsOf(definition: Definition): readonly string[] {
  return statesOf(definition).flatMap(([name, state]) => [
    name,
    ...armsOf(state).map((next) => armPoint(name, next)),
    ...(state.Catch ?? []).map((_, index) => catchPoint(name, state, index)),
  ]);
}

/** Those of them that an execution has been through. */
export function visitedPoints(definition: Definition, visits: readonly StateVisit[]): readonly string[] {
  const states = new Map(statesOf(definition));
  return visits.flatMap((visit, index) => {
    const state = states.get(visit.state);
    if (state === undefined) return [];
    return [visit.state, ...visitedArm(visit, state, visits.slice(index + 1)), ...visitedCatch(visit, state)];
  });
}

function visitedArm(visit: StateVisit, state: State, after: readonly StateVisit[]): readonly string[] {
  if (state.Type !== 'Choice') return [];
  const place = JSON.stringify(visit.iteration);
  const next = after.find((each) => JSON.stringify(each.iteration) === place);
  return next === undefined ? [] : [armPoint(visit.state, next.state)];
}

function visitedCatch(visit: StateVisit, state: State): readonly string[] {
  const index = (state.Catch ?? []).findIndex((each) => matchesError(each.ErrorEquals, visit.error ?? ''));
  return visit.caughtBy === undefined ? [] : [catchPoint(visit.state, state, index)];
}

function armsOf(state: State): readonly string[] {
  return [...(state.Choices ?? []).map((rule) => rule.Next), state.Default].filter((next) => next !== undefined);
}

function armPoint(name: string, next: string): string {
  return `${name} chooses ${next}`;
}

function catchPoint(name: string, state: State, index: number): string {
  const catcher = state.Catch?.[index];
  return `${name} catches ${catcher?.ErrorEquals.join(', ')} to ${catcher?.Next}`;
}
