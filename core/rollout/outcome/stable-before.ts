import type { AdmittedDeployment, DeploymentPlan } from '../../model/deployment-records.ts';

/** The stable release that a deployment takes the place of: as it was when it got the lock, before that at its admission. */
export function stableBefore(deployment: {
  readonly admitted: Pick<AdmittedDeployment, 'stable'>;
  readonly plan: Pick<DeploymentPlan, 'stable'> | null;
}): AdmittedDeployment['stable'] {
  const { admitted, plan } = deployment;
  return plan?.stable === undefined ? admitted.stable : plan.stable;
}
