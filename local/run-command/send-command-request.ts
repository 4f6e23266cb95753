import type { ParameterValues } from './check-parameters.ts';

/** SendCommand, for one host. */
export interface SendCommandRequest {
  readonly instanceId: string;
  readonly documentName: string;
  /** `$LATEST`, `$DEFAULT` or a number. */
  readonly documentVersion: string;
  readonly documentHash?: string;
  readonly comment: string;
  readonly parameters: ParameterValues;
  /** Delivery timeout: 30 to 2,592,000. */
  readonly timeoutSeconds: number;
}
