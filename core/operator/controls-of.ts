import type { Control, Controls, ControlVerb, OperatorRequest } from '../model/operator-requests.ts';

/** What was said to a deployment, oldest first, as its decisions look at it. */
export function controlsOf(words: readonly OperatorRequest[]): Controls {
  const last = (verb: ControlVerb): Control | null => words.findLast((word) => word.verb === verb) ?? null;
  return {
    halt: last('halt'),
    pause: last('pause'),
    resume: last('resume'),
    approve: last('approve'),
    skip: words.filter((word) => word.verb === 'skip'),
    retry: words.filter((word) => word.verb === 'retry'),
  };
}
