import type { Ports } from '../../clients/ports.ts';
import { hostsToRetry, isResumable } from '../../core/admission/hosts-to-retry.ts';
import type { AdmittedDeployment } from '../../core/model/deployment-records.ts';
import type { DeploymentRequest } from '../../core/model/deployment-request.ts';
import { InvalidDeploymentError } from '../../core/model/errors.ts';
import { releaseName } from '../../core/model/release-manifest.ts';
import { readAdmitted, readOutcome } from '../../ledger/rollout/deployments.ts';

/**
 * The ended deployment that is resumed or retried. Throws InvalidDeploymentError where there is none, it has not ended, or
 * it left nothing to do, each time with what to type.
 */
export async function earlierDeployment(
  { kind, deploymentId }: Extract<DeploymentRequest, { readonly kind: 'resume' | 'retry' }>,
  ports: Ports,
): Promise<AdmittedDeployment> {
  const [earlier, outcome] = await Promise.all([readAdmitted(ports, deploymentId), readOutcome(ports, deploymentId)]);
  if (earlier === undefined) {
    throw new InvalidDeploymentError(`${kind}: there is no deployment ${deploymentId}; see rollgate history`);
  }
  if (outcome === undefined) {
    throw new InvalidDeploymentError(
      `${kind}: ${deploymentId} has not ended; rollgate ${kind} ${deploymentId} is said to it while it runs`,
    );
  }
  const release = `rollgate deploy --release ${releaseName(earlier.release.number)}`;
  if (!isResumable(outcome)) {
    throw new InvalidDeploymentError(
      `${kind}: ${deploymentId} left nothing to do (${outcome.isDryRun ? 'a plan only' : outcome.status}); to deploy the same again: ${release}`,
    );
  }
  if (kind === 'retry' && hostsToRetry(outcome).length === 0) {
    throw new InvalidDeploymentError(
      `retry: no host of ${deploymentId} has failed (${outcome.reason.text}); for what remains: rollgate resume ${deploymentId}`,
    );
  }
  return earlier;
}
