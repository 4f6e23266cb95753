/** What an operator can say to one deployment. `unlock` is said to the lock that it left. */
export const deploymentVerbs = ['halt', 'pause', 'resume', 'approve', 'skip', 'retry', 'unlock'] as const;

/** What an operator can say to the target, whatever deployment runs. */
export const targetVerbs = ['freeze', 'unfreeze'] as const;

export type ControlVerb = (typeof deploymentVerbs)[number] | (typeof targetVerbs)[number];

/** One word of an operator as it stands in the record. */
export interface OperatorRequest extends Control {
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

/** What an operator said, written once: `control/<verb>/<deploymentId>/<instant>-<hash>.json` */
export interface Control {
  /** As far as it is known: a name that nobody has checked says so. */
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  /** halt only: leave the hosts as they are. */
  readonly isKept?: boolean;
  /** skip and retry only: the hosts that it is about. */
  readonly hosts?: readonly string[];
}

/** The words that end what a host is doing at once. */
export type InterruptingRequest = 'halt' | 'skip';

/** `by anna: a look` */
export function saidBy({ by, reason }: Pick<Control, 'by' | 'reason'>): string {
  return `by ${by}${reason === '' ? '' : `: ${reason}`}`;
}
