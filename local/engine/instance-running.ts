import { randomUUID } from 'node:crypto';
import { localAccount } from '../ledger/object-created.ts';

/** `EC2 Instance State-change Notification` as EventBridge delivers it when an instance has started. */
export interface InstanceRunning {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'EC2 Instance State-change Notification';
  readonly source: 'aws.ec2';
  readonly account: string;
  /** ISO 8601, whole seconds */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: { readonly 'instance-id': string; readonly state: 'running' };
}

export function instanceRunning(instanceId: string, region: string, at: number): InstanceRunning {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'EC2 Instance State-change Notification',
    source: 'aws.ec2',
    account: localAccount,
    time: `${new Date(at).toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:ec2:${region}:${localAccount}:instance/${instanceId}`],
    detail: { 'instance-id': instanceId, state: 'running' },
  };
}
