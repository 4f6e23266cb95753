import { errorText, whatFailed } from '../../diagnosis/diagnose-error.ts';
import type { HostProgress } from '../../model/host-progress.ts';
import { type Reason, reason } from '../../model/reasons.ts';
import { maxDeadRounds } from '../progress/caught-errors.ts';

/** The error that says why this host has no outcome; null where its newest failure is another one, or none. */
export function reasonOfError(host: HostProgress): Reason | null {
  const isFailure = host.diagnosis === (host.caught?.diagnosis ?? null);
  return isFailure ? sentenceOf(host) : null;
}

/** The first error that left one of these hosts where it is, for the sentence that ends a deployment; null where none did. */
export function firstErrorOf(hosts: readonly HostProgress[]): string | null {
  return hosts.map(sentenceOf).find((error) => error !== null)?.text ?? null;
}

function sentenceOf({ host, caught, givenUp }: HostProgress): Reason | null {
  const where = `${host.name} (${host.instanceId})`;
  if (caught !== null) {
    return reason('step-error', { what: whatFailed(caught, where), why: errorText(caught) });
  }
  const [action] = givenUp;
  const what = action === undefined ? null : whatFailed({ action, isBegun: false }, where);
  return what === null ? null : reason('step-error', { what, why: `${maxDeadRounds} rounds came to nothing` });
}
