import type { Ports } from '../ports.ts';
import type { AwsSettings } from './aws-settings.ts';

export interface AwsPortsOptions {
  /** The signal that ends the calls of the work at hand; asked at each call. */
  readonly signal?: () => AbortSignal | undefined;
  /** Of an emulator; of AWS where absent. `AWS_ENDPOINT_URL` counts as in other tools. */
  readonly endpoint?: string;
}

/** The ports on AWS. Makes no call: credentials are looked up at the first one. */
export function createAwsPorts(settings: AwsSettings, options: AwsPortsOptions = {}): Ports {
  throw new Error(`the ports of ${settings.stage} are being written (${Object.keys(options).length} options)`);
}
