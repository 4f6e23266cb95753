import type { Convergence } from '../model/convergence.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';

/** What a host should run, and what says so. */
export interface ExpectedRelease {
  /** `v41-…`, `v0`, `none` */
  readonly releaseId: string;
  /** It is the stable release, or what a deployment left on this host since. */
  readonly because: { readonly kind: 'stable' } | { readonly kind: 'left'; readonly deploymentId: string };
}

/**
 * The stable release, or what a later deployment left on this host as it should be: one to named hosts, one that ended
 * with hosts on two releases. Undefined where Rollgate has never brought anything to the target.
 */
export function expectedRelease(
  instanceId: string,
  state: Pick<TargetState, 'stableHistory'>,
  { seen }: Pick<Convergence, 'seen'>,
): ExpectedRelease | undefined {
  const stable = stableRelease(state);
  const last = seen[instanceId];
  const isNewer = last !== undefined && (stable === undefined || Date.parse(last.at) >= Date.parse(stable.at));
  if (last !== undefined && isNewer && (last.isRight || stable === undefined)) {
    return last.running === stable?.releaseId
      ? { releaseId: last.running, because: { kind: 'stable' } }
      : { releaseId: last.running, because: { kind: 'left', deploymentId: last.deploymentId } };
  }
  return stable === undefined ? undefined : { releaseId: stable.releaseId, because: { kind: 'stable' } };
}
