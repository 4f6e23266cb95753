import type { PlannedHost } from '../model/deployment-records.ts';
import type { ControlVerb, OperatorRequest } from '../model/operator-requests.ts';

/** One word of an operator as a person reads it: who, when, why. */
export interface SaidView {
  readonly verb: ControlVerb;
  /** `halt --keep`, `skip payment-2` */
  readonly words: string;
  /** As far as it is known: a name that nobody has checked says so. */
  readonly by: string;
  readonly at: string;
  readonly reason: string;
}

/** Words in the order in which they were said; hosts by their names where the plan knows them. */
export function saidView(
  words: readonly OperatorRequest[],
  hosts: readonly Pick<PlannedHost, 'instanceId' | 'name'>[],
): readonly SaidView[] {
  const nameOf = (instanceId: string): string =>
    hosts.find((host) => host.instanceId === instanceId)?.name ?? instanceId;
  return words.map(({ verb, by, at, reason, isKept = false, hosts: about = [] }) => ({
    verb,
    words: [verb, ...(isKept ? ['--keep'] : []), ...about.map(nameOf)].join(' '),
    by,
    at,
    reason,
  }));
}

/** `halt --keep, by anna: wrong build` */
export function saidText({ words, by, reason }: SaidView): string {
  return `${words}, by ${by}${reason === '' ? '' : `: ${reason}`}`;
}
