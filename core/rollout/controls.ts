import type { Control } from '../deployment-records.ts';

/** What an operator can say to one deployment. `unlock` is said to the lock that it left. */
export const deploymentVerbs = ['halt', 'pause', 'resume', 'approve', 'skip', 'retry', 'unlock'] as const;

/** What an operator can say to the target, whatever deployment runs. */
export const targetVerbs = ['freeze', 'unfreeze'] as const;

export type ControlVerb = (typeof deploymentVerbs)[number] | (typeof targetVerbs)[number];

/** One word of an operator as it stands in the record. */
export interface SpokenWord extends Control {
  readonly verb: ControlVerb;
}

/** What operators have said to a deployment, as far as its decisions are made from it. */
export interface Controls {
  /** The last of each: a later one takes the place of those before it. */
  readonly halt: Control | null;
  readonly pause: Control | null;
  readonly resume: Control | null;
  readonly approve: Control | null;
  /** All of these, oldest first: each names its hosts. */
  readonly skip: readonly Control[];
  readonly retry: readonly Control[];
}

/** Of a deployment to which nobody has said anything. */
export const noControls: Controls = { halt: null, pause: null, resume: null, approve: null, skip: [], retry: [] };

/** What was said to a deployment, oldest first, as its decisions look at it. */
export function controlsOf(words: readonly SpokenWord[]): Controls {
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
