import type { Diagnosis } from '../../model/diagnosis.ts';
import type { HostProgress } from '../../model/host-progress.ts';
import { decideByCause } from '../decide/decide-by-cause.ts';
import { isOutside } from './balancer-standing.ts';

/** A host that could not be reverted is tried once more, then named in FailedDirty. */
const maxRevertAttempts = 2;

/**
 * The host does not serve, whatever made it so; one that nobody has heard of is taken for down, and so is one that its
 * load balancer sends nothing.
 */
export function isDown(host: HostProgress): boolean {
  switch (host.run) {
    case 'failed':
      // An operator's word ended the gate that was asked once more: that has taken nothing down.
      return !host.hasPassedLast || host.isLost || isOutside(host);
    case 'revertFailed':
      return true;
    case 'untouched':
      return host.wasDown || host.isLost || isOutside(host);
    case 'reverted':
      return host.before === 'none' || isOutside(host);
    case 'passed':
      return isOutside(host);
    case 'activating':
      return false;
  }
}

/** The release serves there, as far as anybody has seen: putting the host back takes it down. */
export function isServingRelease(host: HostProgress): boolean {
  return (host.run === 'passed' || host.run === 'failed') && !isDown(host);
}

/** Activated, and not what it should be: another revert may bring it back. */
export function isRevertable(host: HostProgress): boolean {
  const isTriedAgain = host.run === 'revertFailed' && host.revertAttempts < maxRevertAttempts;
  return (host.run === 'failed' || isTriedAgain) && !host.givenUp.includes('revert');
}

/**
 * The host switched, and its gate failed for a fault that the release before it would show too (RabbitMQ is down for
 * everybody). It is neither reverted nor counted as failed: the rollout waits for a person.
 */
export function isSuspended(host: HostProgress): boolean {
  return host.run === 'failed' && host.hasSwitched && isAsked(host.diagnosis);
}

function isAsked(diagnosis: Diagnosis | null): boolean {
  return diagnosis !== null && decideByCause(diagnosis.kind, 'switching') === 'ask';
}

/**
 * The platform lost sight of the host while it was switched or asked. It is neither reverted nor counted as failed: it is
 * looked at again.
 */
export function isInterrupted(host: HostProgress): boolean {
  return host.run === 'failed' && host.recovery !== null;
}

/** A host that counts against `maxFailedHosts`, whatever has been done about it since; one that was skipped does not. */
export function countsAsFailed(host: HostProgress): boolean {
  return hasFailed(host) && !host.isSkipped;
}

/** A host that did not get the release, whatever has been done about it since. */
export function hasFailed(host: HostProgress): boolean {
  return (
    host.stage === 'failed' ||
    host.stage === 'unknown' ||
    host.isRefused ||
    (host.run === 'failed' && !isSuspended(host) && !isInterrupted(host)) ||
    host.run === 'reverted' ||
    host.run === 'revertFailed'
  );
}
