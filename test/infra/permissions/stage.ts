import type { AwsSettings } from '../../../clients/aws/aws-settings.ts';

/** The stage that the policies are checked for. */
export const settings: AwsSettings = {
  service: 'payment',
  stage: 'prod',
  region: 'eu-west-1',
  accountId: '111122223333',
  stateBucket: 'rollgate-payment-prod-state-111122223333-eu-west-1',
  artifactBucket: 'roboshop-builds',
  artifactKey: 'payment.zip',
  stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:rollgate-payment-prod',
};

/** What CloudFormation knows of itself. */
export const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': settings.region,
  'AWS::AccountId': settings.accountId,
  'AWS::StackName': `rollgate-${settings.service}-${settings.stage}`,
  'AWS::URLSuffix': 'amazonaws.com',
};

/** What serverless.yml says, as the policies ask for it. */
export const variables: Readonly<Record<string, string>> = {
  'self:custom.rollgate.service': settings.service,
  'self:custom.rollgate.artifactBucket': settings.artifactBucket,
  'self:custom.rollgate.artifactKey': settings.artifactKey,
  'sls:stage': settings.stage,
};

/** `arnOf('states', 'stateMachine:x')` in this stage's account and region. */
export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${settings.region}:${settings.accountId}:${resource}`;
}
