import type { HostAction, HostDocument } from './statuses.ts';

/**
 * One command for one host, as plain data. `parameters` are exactly those of the document, all strings, none secret;
 * every value matches the document's `allowedPattern`.
 */
export interface HostCommand {
  readonly instanceId: string;
  readonly document: HostDocument;
  /** Resolved once per deployment and sent with every command. */
  readonly documentVersion: string;
  readonly documentHash: string;
  /** `rollgate <key>`, at most 100 characters: what a retry without a command id looks for. */
  readonly comment: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** SSM's delivery timeout: 30 or more. */
  readonly deliverySeconds: number;
}

/** What every document is told. */
export interface CommonParameters {
  /** `payment` */
  readonly service: string;
  /** `d-20261122-204500-1a2b3c` */
  readonly deploymentId: string;
  /** Hash of deployment, action, release, host and attempt: 32 hex digits. */
  readonly key: string;
  readonly fence: number;
  /** Seconds since the epoch after which the host refuses to start this command. */
  readonly notAfter: number;
}

interface InstallParameters extends CommonParameters {
  readonly releaseId: string;
  readonly region: string;
  readonly stateBucket: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  /** Key and SHA-256 of the resolved packages that constrain pip; both empty where none are known yet. */
  readonly packagesKey: string;
  readonly packagesSha256: string;
  /** Release ids that retention must keep besides the newest and the running one, comma separated; may be empty. */
  readonly keep: string;
}

/** Of activate and of verify. */
interface ActivateParameters extends CommonParameters {
  /** A release id, or `previous`: what ran on this host before this deployment. */
  readonly releaseId: string;
}

type SettleParameters = CommonParameters;

export type ParametersOf<A extends HostAction> = A extends 'install'
  ? InstallParameters
  : A extends 'settle'
    ? SettleParameters
    : ActivateParameters;
