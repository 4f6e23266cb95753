import type { Step } from '../../model/deployment-records.ts';
import type { BalancerProgress, HostProgress } from '../../model/host-progress.ts';
import type { BalancerAction } from '../../model/statuses.ts';

/** A host that did not leave, or did not come back, is asked once more. */
export const maxBalancerAttempts = 2;

/**
 * Reads the standing of one host from its steps. Attempts count after round `afterRound` alone, and after the host was
 * last switched: what it runs since has not been tried yet.
 */
export function balancerProgress(
  steps: readonly Step<BalancerAction>[],
  { afterRound, switchedInRound }: { readonly afterRound: number; readonly switchedInRound: number },
): BalancerProgress {
  const sorted = steps.toSorted((a, b) => a.intent.round - b.intent.round || a.intent.attempt - b.intent.attempt);
  const last = sorted.at(-1);
  const other = sorted.findLast((step) => step.intent.action !== last?.intent.action)?.intent.round ?? -1;
  const since = sorted.filter(({ intent }) => intent.round > Math.max(other, afterRound, switchedInRound));
  return {
    standing: standingOf(last),
    wasRegistered: sorted.find(({ intent }) => intent.action === 'drain')?.intent.wasRegistered ?? false,
    attempts: new Set(since.map(({ intent }) => intent.round)).size,
    lostDrains: sorted.filter(
      ({ intent, outcome }) => intent.action === 'drain' && outcome === null && intent.round > afterRound,
    ).length,
  };
}

function standingOf(last: Step<BalancerAction> | undefined): BalancerProgress['standing'] {
  const isDone = last?.outcome?.status === 'done';
  switch (last?.intent.action) {
    case undefined:
      return 'asItWas';
    case 'drain':
      return last?.outcome === null ? 'leaving' : isDone ? 'out' : 'notDrained';
    case 'join':
      return last?.outcome === null ? 'joining' : isDone ? 'in' : 'unhealthy';
  }
}

/** Requests may not reach it any more: it counts as down, however well it is. */
export function isOutside({ balancer }: Pick<HostProgress, 'balancer'>): boolean {
  const { standing } = balancer;
  return standing === 'leaving' || standing === 'out' || standing === 'joining' || standing === 'unhealthy';
}

/**
 * The host is well, so requests should reach it. One that passed on a release belongs there, also where it was not before;
 * what was set up by hand (`v0`) goes back to what it was, and where nothing runs nobody is sent.
 *
 * | run       | before | was registered | belongs in |
 * |-----------|--------|----------------|------------|
 * | passed    | any    | any            | yes        |
 * | untouched | any    | yes            | yes        |
 * | untouched | any    | no             | no         |
 * | reverted  | v41-…  | any            | yes        |
 * | reverted  | v0     | yes            | yes        |
 * | reverted  | v0     | no             | no         |
 * | reverted  | none   | any            | no         |
 * | failed    | any    | any            | no         |
 */
export function belongsIn(host: Pick<HostProgress, 'run' | 'before' | 'balancer'>): boolean {
  switch (host.run) {
    case 'passed':
      return true;
    case 'untouched':
      return host.balancer.wasRegistered;
    case 'reverted':
      return host.before !== 'none' && (isRelease(host.before) || host.balancer.wasRegistered);
    case 'activating':
    case 'failed':
    case 'revertFailed':
      return false;
  }
}

/** Well, outside, and to be brought back; where that has failed too often, the host is named in FailedDirty. */
export function owesJoin(host: HostProgress): boolean {
  const { standing, attempts } = host.balancer;
  const isNew = standing === 'out' || standing === 'leaving';
  return isLeftOutside(host) && (isNew || attempts < maxBalancerAttempts) && !host.givenUp.includes('join');
}

/** Well, and no request reaches it. */
export function isLeftOutside(host: HostProgress): boolean {
  return belongsIn(host) && isOutside(host);
}

/** Requests may reach it still: it leaves before anything is switched. */
export function needsDrain({ balancer: { standing, lostDrains } }: Pick<HostProgress, 'balancer'>): boolean {
  return standing === 'asItWas' || standing === 'in' || (standing === 'leaving' && lostDrains < maxBalancerAttempts);
}

function isRelease(before: string | null): boolean {
  return before !== null && /^v[1-9]/.test(before);
}
