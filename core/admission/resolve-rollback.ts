import { lastDiffering } from '../lock/differing-hosts.ts';
import { InvalidDeploymentError } from '../model/errors.ts';
import { releaseName } from '../model/release-manifest.ts';
import { stableRelease, type TargetState } from '../model/target-state.ts';

export interface RollbackTarget {
  readonly release: number;
  /** The running deployment that is halted and reverted first. */
  readonly halts: string | null;
}

/**
 * Where a rollback goes: it undoes the last change. Resolved once, from the history of stable releases and from the
 * hosts of the target that differ from the stable release.
 *
 * | stable history | differing      | running         | asked | goes to                    |
 * |----------------|----------------|-----------------|-------|----------------------------|
 * | v1, v2         |                |                 |       | v1                         |
 * | v1, v2         |                | rollout of v3   |       | v2, and halts the rollout  |
 * | v1, v2         |                | repair of v3    |       | v2: the repair reverts     |
 * | v1, v2         |                | converge to v2  |       | v1, and halts the converge |
 * | v1, v2         | a v3           |                 |       | v2                         |
 * | v1, v2         | a v3           | converge to v2  |       | v2, and halts the converge |
 * | v1             | a v2           |                 |       | v1                         |
 * | v1, v2         | a v1 (r)       |                 |       | refused: name the release  |
 * | v1, v2         | a v1 (r)       |                 | v1    | v1                         |
 * | v1, v2         | a v1 (r), b v3 |                 |       | v2                         |
 * | v1, v2 (r)     | a v3           |                 |       | v2                         |
 * | v1, v2, v1 (r) |                |                 |       | refused: name the release  |
 * | v1, v2, v1 (r) |                |                 | v2    | v2                         |
 * | v1             |                |                 |       | refused: nothing earlier   |
 * |                |                |                 |       | refused: nothing stable    |
 *
 * (r): left there, or reached, by a rollback. The later deployment stands last among the differing hosts.
 * Throws InvalidDeploymentError with the sentence that names the releases.
 */
export function resolveRollback(state: TargetState, named: number | undefined): RollbackTarget {
  const rollout = state.lock !== null && !state.lock.isRollback && state.lock.purpose === 'rollout' ? state.lock : null;
  const halts = rollout?.deploymentId ?? null;
  if (named !== undefined) {
    return { release: named, halts };
  }
  if (state.lock?.isRollback === true || state.queue.some((entry) => entry.isRollback)) {
    throw new InvalidDeploymentError(
      'rollback: a rollback is under way already; watch it with rollgate status --watch',
    );
  }
  const stable = stableRelease(state);
  if (stable === undefined) {
    throw new InvalidDeploymentError(
      'rollback: no release has succeeded on the whole target yet, so there is none to go back to',
    );
  }
  const isRolling = state.lock !== null && state.lock.isConverge !== true;
  const last = isRolling ? undefined : lastDiffering(state.differing);
  if (last?.isRollback === true) {
    throw refused(
      `the rollback ${last.by} left hosts on several releases; go on with it: rollgate resume ${last.by}, or`,
      state,
    );
  }
  if (isRolling || last !== undefined) {
    return { release: stable.release, halts };
  }
  if (stable.isRollback) {
    throw refused(`${releaseName(stable.release)} was reached by a rollback already;`, state);
  }
  const previous = state.stableHistory.findLast((entry) => entry.release !== stable.release);
  if (previous === undefined) {
    throw new InvalidDeploymentError(
      `rollback: ${releaseName(stable.release)} is the only release that has succeeded here, so there is none to go back to`,
    );
  }
  return { release: previous.release, halts };
}

function refused(why: string, state: TargetState): InvalidDeploymentError {
  const others = [...new Set(state.stableHistory.map((entry) => entry.release))].sort((a, b) => a - b).map(releaseName);
  return new InvalidDeploymentError(
    `rollback: ${why} name the release to go to, one of ${others.join(', ')}: rollgate rollback --to ${others.at(-1) ?? 'vN'}`,
  );
}
