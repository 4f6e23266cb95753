import type { Stage } from '../../clients/ports.ts';

/** The stage of the embedded engine. */
export const localStage: Stage = {
  service: 'payment',
  name: 'local',
  region: 'eu-west-1',
  kind: 'embedded',
  stateBucket: 'rollgate-state-local',
  artifactBucket: 'roboshop-builds',
};

/** A stage as it stands on AWS. */
export const prodStage: Stage = {
  service: 'payment',
  name: 'prod',
  region: 'eu-west-1',
  accountId: '123456789012',
  kind: 'aws',
  stateBucket: 'rollgate-payment-prod-state-123456789012-eu-west-1',
  artifactBucket: 'roboshop-builds',
};
