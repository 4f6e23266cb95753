import type { Ports } from '../../clients/ports.ts';
import type { DeploymentOutcome } from '../../core/deployment-records.ts';
import { withEnd } from '../../core/record-end.ts';
import { releaseName } from '../../core/release-manifest.ts';
import { stableRelease, type TargetState } from '../../core/target-state.ts';
import { changeConvergence } from '../../ledger/convergence.ts';

/** Keeps what the end of a deployment says about its hosts, for who looks at them when they come back. */
export async function recordEnd(
  ports: Ports,
  outcome: DeploymentOutcome,
  { executionArn, state }: { readonly executionArn: string; readonly state: TargetState },
): Promise<void> {
  const stable = stableRelease(state);
  const release = stable === undefined ? 'vN' : releaseName(stable.release);
  await changeConvergence(ports, (current) => {
    const isOfRun = current.underWay !== null && ports.executions.arnOf(current.underWay.name) === executionArn;
    return withEnd(current, { outcome, isOfRun, release });
  });
}
