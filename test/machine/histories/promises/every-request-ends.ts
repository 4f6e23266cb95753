import type { Chronicle } from '../chronicle.ts';

/** What was admitted has one end, and that never changes. */
export function everyRequestEnds({ requests, ends, changedEnds }: Chronicle): readonly string[] {
  const ended = new Set(ends.map(({ deploymentId }) => deploymentId));
  return [
    ...[...requests.keys()].filter((id) => !ended.has(id)).map((id) => `${id} was admitted and has no end`),
    ...changedEnds.map((id) => `${id} has two ends: the first was written over`),
  ];
}
