import type { Ports } from '../../clients/ports.ts';
import { withEnd } from '../../core/converge/record-end.ts';
import type { AdmittedDeployment, DeploymentOutcome } from '../../core/model/deployment-records.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { type StableEntry, stableRelease, type TargetState } from '../../core/model/target-state.ts';
import { changeConvergence } from '../../ledger/converge/convergence.ts';

/** Keeps what the end of a deployment says about its hosts, for who looks at them when they come back. */
export async function recordEnd(
  ports: Ports,
  outcome: DeploymentOutcome,
  {
    executionArn,
    state,
    admitted,
  }: {
    readonly executionArn: string;
    readonly state: TargetState;
    readonly admitted: AdmittedDeployment | undefined;
  },
): Promise<void> {
  const stable = stableRelease(state);
  const release = stable === undefined ? 'vN' : releaseName(stable.release);
  const becomesStable =
    admitted !== undefined && outcome.status === 'Succeeded' && outcome.isWholeTarget && !outcome.isDryRun
      ? { becameStable: releaseName(admitted.release.number) }
      : {};
  const halfRolledBack = isHalfRolledBack(outcome, admitted, stable)
    ? { isHalfRolledBack: { to: releaseName(admitted.release.number) } }
    : {};
  await changeConvergence(ports, (current) => {
    const isOfRun = current.underWay !== null && ports.executions.arnOf(current.underWay.name) === executionArn;
    return withEnd(current, { outcome, isOfRun, release, ...becomesStable, ...halfRolledBack });
  });
}

/** Hosts run the release that the rollback goes to, and what is stable is still the one that it leaves. */
function isHalfRolledBack(
  { status, isDryRun, hosts }: DeploymentOutcome,
  admitted: AdmittedDeployment | undefined,
  stable: StableEntry | undefined,
): admitted is AdmittedDeployment {
  const isAway = admitted?.isRollback === true && stable !== undefined && stable.release !== admitted.release.number;
  return isAway && !isDryRun && status !== 'Succeeded' && hosts.some((host) => host.status === 'passed');
}
