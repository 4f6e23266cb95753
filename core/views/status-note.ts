import { maxRepairsWithoutAPerson } from '../lock/acquire-lock.ts';
import type { DeploymentRecord } from '../model/deployment-record.ts';
import { firstErrorOf } from '../rollout/outcome/reason-of-error.ts';
import { rolloutOfRecord } from './rollout-of-record.ts';

/** What a deployment waits for and until when, or who repairs it; null where there is nothing to add to its status. */
export function statusNote(record: DeploymentRecord): string | null {
  const { lock, deploymentId, outcome } = record;
  if (outcome !== null || lock === null) {
    return null;
  }
  if (lock.deploymentId !== deploymentId) {
    return record.isQueued ? `behind ${lock.deploymentId}` : null;
  }
  if (lock.purpose === 'repair') {
    return (lock.repairs ?? 0) < maxRepairsWithoutAPerson
      ? 'its execution was lost; a repair puts its hosts right'
      : `${lock.repairs} repairs of it have failed, and no other starts by itself: rollgate unlock starts one`;
  }
  const last = record.decisions.at(-1);
  switch (last?.decision.kind) {
    case 'park': {
      const until = utc(new Date(last.decision.untilMilliseconds).toISOString());
      const why = last.decision.why === 'platform-fault' ? errorNote(record) : null;
      return [`since ${utc(last.at)}, until ${until}`, why].filter((part) => part !== null).join('; ');
    }
    case 'wait':
      return [`tries again after ${last.decision.seconds} s`, errorNote(record)]
        .filter((part) => part !== null)
        .join('; ');
    default:
      return null;
  }
}

/** The first error that keeps a host from going on. */
function errorNote(record: DeploymentRecord): string | null {
  return firstErrorOf(rolloutOfRecord(record)?.progress ?? []);
}

function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
