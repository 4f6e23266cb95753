import type { DeploymentOutcome } from '../model/deployment-records.ts';

/**
 * The hosts of an ended deployment that failed: left dirty, or not on the release for a fault of their own. Where nobody
 * knows which host it was, all that did not pass; where an operator ended it, or every one passed, none.
 */
export function hostsToRetry({
  status,
  errorName,
  hosts,
}: Pick<DeploymentOutcome, 'status' | 'errorName' | 'hosts'>): readonly string[] {
  const missed = hosts.filter((host) => host.status !== 'passed' && host.status !== 'skipped');
  const own = missed.filter((host) => host.status === 'dirty' || host.diagnosis !== null || status === 'Degraded');
  const isOfNobody = own.length === 0 && errorName !== 'HaltedError';
  return (isOfNobody ? missed : own).map((host) => host.instanceId);
}

/** What a person may go on with: an end that left something to do. */
export function isResumable({
  status,
  isDryRun,
  hosts,
}: Pick<DeploymentOutcome, 'status' | 'isDryRun' | 'hosts'>): boolean {
  const isLeft = status === 'Succeeded' ? hosts.some((host) => host.status === 'skipped') : status !== 'Superseded';
  return !isDryRun && isLeft;
}
