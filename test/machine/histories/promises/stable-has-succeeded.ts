import type { TargetState } from '../../../../core/model/target-state.ts';
import type { Chronicle, EndSeen } from '../chronicle.ts';
import type { Setting } from '../history.ts';

/** What became stable in this history succeeded on the whole target: every host that was not left out ran it then. */
export function stableHasSucceeded(
  { stableHistory }: TargetState,
  { hosts }: Setting,
  { ends, requests }: Chronicle,
): readonly string[] {
  return stableHistory
    .filter(({ deploymentId }) => requests.has(deploymentId))
    .flatMap(({ deploymentId, releaseId }) => {
      const end = ends.find((each) => each.deploymentId === deploymentId);
      if (end?.outcome.status !== 'Succeeded' || end.outcome.isDryRun) {
        return [`${releaseId} is stable, and ${deploymentId}, which made it so, did not succeed`];
      }
      const missing = [...hosts].filter((name) => !isLeftOut(end, name) && !runs(end, name, releaseId));
      return missing.length === 0
        ? []
        : [`${releaseId} became stable with ${deploymentId}, and did not run on ${missing.join(', ')}`];
    });
}

function isLeftOut({ outcome }: EndSeen, name: string): boolean {
  return outcome.hosts.some((host) => host.name === name && host.status === 'skipped');
}

function runs({ hosts }: EndSeen, name: string, releaseId: string): boolean {
  return hosts.get(name)?.running === releaseId;
}
