import { type Cause, type CauseKind, causeKinds } from '../../model/causes.ts';
import type { HostAction } from '../../model/statuses.ts';

/** While the release is put on the hosts, where no running service is touched, and from the first switch on. */
export type Phase = 'staging' | 'switching';

/**
 * What is done by itself about a host that failed. `count`: it is put back where it was switched, and counts against
 * `maxFailedHosts`. `revert`: the same, and the release is what is at fault. `ask`: nothing is put back, the rollout waits
 * for a person. `retry`: it is tried again, and then as for a host while it is staged, and asked once it is switched.
 */
export interface CauseDecisions {
  readonly staging: 'count' | 'retry';
  readonly switching: 'count' | 'revert' | 'ask' | 'retry';
}

const decisions: Readonly<Record<CauseKind, CauseDecisions>> = {
  release: { staging: 'count', switching: 'revert' },
  host: { staging: 'count', switching: 'count' },
  shared: { staging: 'count', switching: 'ask' },
  platform: { staging: 'retry', switching: 'retry' },
};

/**
 * The decision for each kind of cause.
 *
 * | kind     | staging | switching |
 * |----------|---------|-----------|
 * | release  | count   | revert    |
 * | host     | count   | count     |
 * | shared   | count   | ask       |
 * | platform | retry   | retry     |
 */
export function decideByCause(kind: CauseKind, phase: 'staging'): CauseDecisions['staging'];
export function decideByCause(kind: CauseKind, phase: 'switching'): CauseDecisions['switching'];
export function decideByCause(kind: CauseKind, phase: Phase): CauseDecisions[Phase];
export function decideByCause(kind: CauseKind, phase: Phase): CauseDecisions[Phase] {
  return decisions[kind][phase];
}

/** Of the platform, and gone by a second try perhaps: what was not sent can be sent, what was not downloaded can be had. */
const triedAgain: Readonly<Record<Phase, readonly Cause[]>> = {
  // Install touches nothing that runs and is safe to run twice, so also what may have run is sent again.
  staging: ['package-index-unreachable', 'download-failed', 'delivery-timed-out', 'late-command-refused'],
  switching: ['late-command-refused'],
};

/** Seconds after which a failure is no stumble any more: nobody waits half an hour for a second half hour. */
const longestTrySeconds = 300;

export interface TryFacts {
  readonly cause: Cause;
  readonly action: HostAction;
  /** SSM says that the command never reached the host. */
  readonly isUndelivered: boolean;
  /** Since the command was sent. */
  readonly seconds: number;
}

/**
 * Whether a step that ended so is sent again within its own round. What may have run while a host is switched is not; it
 * is looked into (`recoveryOf`).
 */
export function isTriedAgain({ cause, action, isUndelivered, seconds }: TryFacts): boolean {
  const phase = action === 'install' ? 'staging' : 'switching';
  const isOfPlatform = decideByCause(causeKinds[cause], phase) === 'retry';
  return isUndelivered || (isOfPlatform && triedAgain[phase].includes(cause) && seconds <= longestTrySeconds);
}

/** Milliseconds before the second and the third try of a step: what throttles or stumbles needs a moment. */
export const backoffMilliseconds: readonly number[] = [4000, 12_000];

/** How often one round tries a step, the first time included. */
export const maxTries: number = backoffMilliseconds.length + 1;
