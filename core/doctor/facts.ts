import type { FoundByLookup } from '../config/resolve-environment.ts';
import type { Alarm } from '../model/alarm-reading.ts';
import type { ServiceConfig } from '../model/service-config.ts';
import type { StageFacts } from '../model/stage-facts.ts';
import type { HostDocument } from '../model/statuses.ts';
import type { TargetState } from '../model/target-state.ts';

/** What was looked at: there with its facts, not there, or not to be seen by this caller. */
export type Looked<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'absent' }
  /** Denied: `why` names the action. */
  | { readonly kind: 'unseen'; readonly why: string };

export interface BucketFacts {
  /** In another region than the stack; the rest is then not known. */
  readonly isElsewhere: boolean;
  readonly versioning: Looked<'Enabled' | 'Suspended' | 'Disabled'>;
  readonly notifications: Looked<{
    readonly hasEventBridge: boolean;
    /** Queues, topics and functions that it also notifies. */
    readonly others: number;
  }>;
  /** Algorithm of the default encryption: `AES256`, `aws:kms`, `none`. */
  readonly encryption: Looked<string>;
}

export interface DocumentFacts {
  /** `Active`, `Creating`, `Failed`, … */
  readonly status: string;
  readonly defaultVersion: string;
  readonly latestVersion: string;
}

export interface InstanceFacts {
  /** Name of the instance profile; null where none is attached. */
  readonly instanceProfile: string | null;
}

export interface AgentFacts {
  /** `3.3.2746.0` */
  readonly version: string;
  /** ISO 8601; null where it never reported. */
  readonly lastPingAt: string | null;
}

export interface ParameterFacts {
  /** `SecureString`, `String`, `StringList` */
  readonly type: string;
  /** As it was given: `alias/…`, an id or an ARN; null where it is no SecureString. */
  readonly keyId: string | null;
}

/** What a stage on AWS consists of, as it is found there. */
export interface InspectedStage {
  /** Version of Rollgate that was deployed. */
  readonly version: string;
  /** The object that the stack listens for. */
  readonly artifactKey: string;
  readonly stateBucket: BucketFacts;
  readonly artifactBucket: BucketFacts;
  readonly documents: Readonly<Record<HostDocument, Looked<DocumentFacts>>>;
  readonly stateMachine: Looked<{ readonly status: string }>;
  /** By instance id; ids that EC2 does not know are missing. */
  readonly instances: Looked<Readonly<Record<string, InstanceFacts>>>;
  /** By instance id; hosts that SSM does not know are missing. */
  readonly agents: Looked<Readonly<Record<string, AgentFacts>>>;
  /** By name; parameters that are not there are missing. */
  readonly parameters: Looked<Readonly<Record<string, ParameterFacts>>>;
}

/** A host of the target. */
export interface DoctorHost {
  readonly instanceId: string;
  readonly name: string;
  readonly state: string;
  /** SSM ping status */
  readonly ping: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type ConfigurationFacts =
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly problems: readonly string[] }
  | { readonly kind: 'valid'; readonly config: ServiceConfig; readonly warnings: readonly string[] };

/** All that the doctor decides from. */
export interface DoctorFacts {
  readonly stage: StageFacts & {
    readonly region: string;
    readonly stateBucket: string;
    readonly artifactBucket: string;
  };
  /** The configuration in force. */
  readonly configuration: ConfigurationFacts;
  readonly file: {
    readonly path: string;
    readonly isInForce: boolean;
    readonly isThere: boolean;
    /** What the rest is looked at by, where no valid one is in force; null where the file is no better. */
    readonly config: ServiceConfig | null;
  };
  /** Empty where there is no configuration to find them by. */
  readonly hosts: readonly DoctorHost[];
  readonly found: FoundByLookup;
  /** Those alarms of the configuration that exist. */
  readonly alarms: Looked<readonly Alarm[]>;
  readonly state: TargetState;
  /** Of the lock's holder; null where nobody holds it, or nobody knows. */
  readonly holderStatus: string | null;
  /** Null off AWS. */
  readonly aws: InspectedStage | null;
  /** Version of Rollgate that asks. */
  readonly version: string;
}
