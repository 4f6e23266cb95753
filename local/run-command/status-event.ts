import type { CommandRecord, CommandStatus } from './command-record.ts';
import { totalDeadline } from './command-record.ts';

interface Envelope {
  readonly version: '0';
  readonly id: string;
  readonly source: 'aws.ssm';
  readonly account: string;
  /** ISO 8601, whole seconds */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
}

/** `EC2 Command Invocation Status-change Notification`: no exit code, no output. */
export interface InvocationStatusEvent extends Envelope {
  readonly 'detail-type': 'EC2 Command Invocation Status-change Notification';
  readonly detail: {
    readonly 'command-id': string;
    readonly 'document-name': string;
    readonly 'instance-id': string;
    readonly 'requested-date-time': string;
    readonly status: CommandStatus;
  };
}

/** `EC2 Command Status-change Notification`: carries the parameters in clear. */
export interface CommandStatusEvent extends Envelope {
  readonly 'detail-type': 'EC2 Command Status-change Notification';
  readonly detail: {
    readonly 'command-id': string;
    readonly 'document-name': string;
    readonly 'expire-after': string;
    readonly parameters: Readonly<Record<string, readonly string[]>>;
    readonly 'requested-date-time': string;
    readonly status: CommandStatus;
  };
}

export type RunCommandEvent = InvocationStatusEvent | CommandStatusEvent;

/** The two events that EventBridge gets when a command that has one host changes its status. */
export function statusEvents(
  record: CommandRecord,
  at: { readonly now: number; readonly region: string; readonly account: string; readonly newId: () => string },
): readonly [InvocationStatusEvent, CommandStatusEvent] {
  const envelope = (): Envelope => ({
    version: '0',
    id: at.newId(),
    source: 'aws.ssm',
    account: at.account,
    time: new Date(at.now).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: at.region,
    resources: [`arn:aws:ec2:${at.region}:${at.account}:instance/${record.instanceId}`],
  });
  const common = {
    'command-id': record.commandId,
    'document-name': record.documentName,
    'requested-date-time': record.requestedAt,
    status: record.status,
  };
  return [
    {
      ...envelope(),
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      detail: { ...common, 'instance-id': record.instanceId },
    },
    {
      ...envelope(),
      'detail-type': 'EC2 Command Status-change Notification',
      detail: {
        ...common,
        'expire-after': new Date(totalDeadline(record)).toISOString(),
        parameters: record.parameters,
      },
    },
  ];
}
