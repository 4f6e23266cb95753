import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from 'aws-lambda';
import type { ExecutionInfo, ExecutionStatus } from '../../clients/ports.ts';
import { localAccount } from '../ledger/object-created.ts';

interface ExecutionStatusDetail {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  /** Milliseconds since the epoch. */
  readonly startDate: number;
  readonly stopDate: number | null;
  /** JSON text; null above 248 KB. */
  readonly input: string | null;
  readonly output: string | null;
  readonly inputDetails: { readonly included: boolean };
  readonly outputDetails: { readonly included: boolean } | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** What EventBridge delivers when an execution starts or ends. */
export type ExecutionStatusChange = EventBridgeEvent<
  'Step Functions Execution Status Change',
  ExecutionStatusDetail
> & { readonly source: 'aws.states' };

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const maxIncludedBytes = 248 * 1024;

export function statusChange(
  info: ExecutionInfo,
  stateMachineArn: string,
  region: string,
  at: number,
): ExecutionStatusChange {
  const isInputIncluded = Buffer.byteLength(info.input) <= maxIncludedBytes;
  const isOutputIncluded = Buffer.byteLength(info.output ?? '') <= maxIncludedBytes;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: localAccount,
    time: `${new Date(at).toISOString().slice(0, 19)}Z`,
    region,
    resources: [info.executionArn],
    detail: {
      executionArn: info.executionArn,
      stateMachineArn,
      name: info.name,
      status: info.status,
      startDate: Date.parse(info.startedAt),
      stopDate: info.stoppedAt === undefined ? null : Date.parse(info.stoppedAt),
      input: isInputIncluded ? info.input : null,
      output: isOutputIncluded ? (info.output ?? null) : null,
      inputDetails: { included: isInputIncluded },
      outputDetails: info.output === undefined ? null : { included: isOutputIncluded },
      error: info.error ?? null,
      cause: info.cause ?? null,
    },
  };
}
