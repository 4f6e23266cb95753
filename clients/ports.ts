/**
 * The one set of ports through which handlers, CLI and page reach the world. `clients/` implements them on AWS,
 * `local/` on this machine; tests use the fakes in `test/fakes/`. Every method may throw `TransientAwsError`.
 */

import type { Alarm } from '../core/model/alarm-reading.ts';
import type { HostCommand } from '../core/model/host-commands.ts';
import type { DocumentKind, HostDocument } from '../core/model/statuses.ts';
import type { ConnectionEnds } from '../core/network/security-groups.ts';

/** Seconds and instants come from here, never from the global clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds: for backoff only. */
  wait(milliseconds: number): Promise<void>;
}

/** An object of the ledger with the ETag that a conditional write names. */
export interface LedgerObject {
  readonly key: string;
  readonly body: string;
  readonly etag: string;
}

/** The outcome of a conditional write: `conflict` is S3's 412 (and 409, and 404 of an If-Match on nothing). */
export type WriteResult = { readonly kind: 'written'; readonly etag: string } | { readonly kind: 'conflict' };

/** The state bucket. Reads are strongly consistent, writes atomic; bodies are UTF-8 JSON text. */
export interface Ledger {
  read(key: string): Promise<LedgerObject | undefined>;
  /** Writes only where nothing is there (If-None-Match: *). */
  create(key: string, body: string): Promise<WriteResult>;
  /** Writes only over the version that was read (If-Match). */
  replace(key: string, body: string, etag: string): Promise<WriteResult>;
  /** Writes whatever is there: for parked tokens, where the newest wins. */
  put(key: string, body: string): Promise<void>;
  /** With an ETag only the version that was read (If-Match); another one stays, and that is no error. */
  remove(key: string, etag?: string): Promise<void>;
  /** Every key below the prefix, in UTF-8 order, all pages. */
  list(prefix: string): Promise<readonly string[]>;
}

/** One version of the uploaded artifact. */
export interface ArtifactVersion {
  readonly bucket: string;
  readonly key: string;
  /** S3 version id; where the bucket has no versions, the ETag. */
  readonly versionId: string;
  readonly etag: string;
  readonly bytes: number;
  /** ISO 8601 */
  readonly uploadedAt: string;
}

/** The artifact bucket of the service. */
export interface ArtifactStore {
  /** All versions of the artifact key, newest first, as the bucket orders them; delete markers left out. */
  versions(): Promise<readonly ArtifactVersion[]>;
  /** The bytes of one version. Throws InvalidDeploymentError where the version is gone. */
  read(versionId: string): Promise<Uint8Array>;
  /** Server-side copy into the state bucket with a SHA-256 checksum (hex); a copy that is there already stays. */
  copyToLedger(versionId: string, key: string): Promise<{ readonly sha256: string }>;
  /** The bytes of such a copy. Throws InvalidDeploymentError where it is gone. */
  readCopy(key: string): Promise<Uint8Array>;
  /** Uploads new bytes under the artifact key, as `aws s3 cp` does; emits the upload event. */
  upload(body: Uint8Array): Promise<ArtifactVersion>;
}

/** An EC2 instance as far as a deployment is concerned. */
export interface Host {
  readonly instanceId: string;
  /** The Name tag, else the instance id. */
  readonly name: string;
  readonly zone: string;
  readonly privateAddress: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  /** SSM ping status; `absent` where SSM does not know the instance. */
  readonly ping: 'Online' | 'ConnectionLost' | 'absent';
  /** A host that the engine only pretends to have. */
  readonly isSimulated: boolean;
}

export interface Inventory {
  /** Instances that carry all these tags and are not terminated or shutting down, sorted by zone, then id. */
  hosts(tags: Readonly<Record<string, string>>): Promise<readonly Host[]>;
  /** How one instance is now; `terminated` also where EC2 knows nothing of it any more. */
  stateOf(instanceId: string): Promise<Host['state']>;
}

/** What filters traffic between hosts and what they call. */
export interface SecurityGroups {
  /**
   * The interfaces at both ends of a connection from this instance to this address, each with its groups and their rules.
   * Asked for a diagnosis, so it gives up after some seconds rather than hold up the step.
   */
  ends(instanceId: string, address: string): Promise<ConnectionEnds>;
}

/** What SSM says of one command on one host; statuses with the spaces stripped. */
export interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly status:
    | 'Pending'
    | 'InProgress'
    | 'Delayed'
    | 'Cancelling'
    | 'Success'
    | 'Failed'
    | 'Cancelled'
    | 'TimedOut';
  /** `DeliveryTimedOut`, `ExecutionTimedOut`, `Undeliverable`, `AccessDenied`, … */
  readonly statusDetails: string;
  /** -1 where the script has not started. */
  readonly responseCode: number;
  /** First 24,000 characters of stdout; empty until finished. */
  readonly stdout: string;
  /** First 8,000 characters of stderr. */
  readonly stderr: string;
}

export type SendResult =
  | { readonly kind: 'sent'; readonly commandId: string }
  /**
   * SSM refused this host at the call. `unreachable`: not registered or stopped (`InvalidInstanceId`); `denied`: the role
   * may not send to it, mostly because it does not carry the opt-in tag; `wrong-platform`: it is no Linux.
   */
  | {
      readonly kind: 'refused';
      readonly why: 'unreachable' | 'denied' | 'wrong-platform';
      readonly reason: string;
    };

/** Name on SSM, version and Sha256 of a document as it is now. */
interface DocumentVersion {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

export interface Commands {
  /** Those of a deployment. */
  documents(): Promise<Readonly<Record<DocumentKind, DocumentVersion>>>;
  document(kind: HostDocument): Promise<DocumentVersion>;
  send(command: HostCommand): Promise<SendResult>;
  /** The command with this comment sent to this host, if any: how a retry finds a send whose answer was lost. */
  find(instanceId: string, comment: string): Promise<string | undefined>;
  /** Undefined where SSM does not know it (yet). */
  invocation(commandId: string, instanceId: string): Promise<Invocation | undefined>;
  cancel(commandId: string, instanceId: string): Promise<void>;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionInfo {
  readonly executionArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  readonly stoppedAt?: string;
  readonly input: string;
  /** Of a failed execution: the Fail state's error and cause. */
  readonly error?: string;
  readonly cause?: string;
  readonly output?: string;
}

export interface Executions {
  /** ARN an execution of this name has or will have. */
  arnOf(name: string): string;
  /** Same name and input while running: the running one. A name used before: `exists`. */
  start(name: string, input: unknown): Promise<{ readonly kind: 'started' | 'exists'; readonly executionArn: string }>;
  /** Undefined for ExecutionDoesNotExist, which is "unknown", not "dead". */
  describe(executionArn: string): Promise<ExecutionInfo | undefined>;
  stop(executionArn: string, error: string, cause: string): Promise<void>;
  /** False where the task is gone (TaskTimedOut, TaskDoesNotExist, InvalidToken). */
  taskSucceeded(token: string, output: unknown): Promise<boolean>;
  taskFailed(token: string, error: string, cause: string): Promise<boolean>;
}

/** A target group of Elastic Load Balancing. */
export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  /** `instance`, `ip`, `lambda`, `alb` */
  readonly targetType: string;
  /** Some load balancer forwards to it. */
  readonly isInUse: boolean;
}

/** A host as its target group sees it, in ELB's own words. */
export interface TargetHealth {
  readonly instanceId: string;
  readonly port: number;
  /** `initial`, `healthy`, `unhealthy`, `unused`, `draining`, `unhealthy.draining`, `unavailable` */
  readonly state: string;
  /** `Target.Timeout`, `Target.NotInUse`, …; null where there is nothing to say. */
  readonly reason: string | null;
  /** ELB's sentence for a person. */
  readonly description: string | null;
}

export type RegistrationResult =
  | { readonly kind: 'done' }
  /** `no-group`: the group is gone; `denied`: the role may not; `invalid-target`: not running, or in another VPC. */
  | { readonly kind: 'refused'; readonly why: 'no-group' | 'denied' | 'invalid-target'; readonly reason: string };

/** Always with a port: an instance may be registered with several, and each is a target of its own. */
export interface Target {
  readonly instanceId: string;
  readonly port: number;
}

/** The load balancer in front of the hosts. */
export interface LoadBalancer {
  /** By name or ARN; undefined where there is none. */
  targetGroup(nameOrArn: string): Promise<TargetGroup | undefined>;
  /** Every target that is registered, those that drain included; undefined where the group is gone. */
  targets(groupArn: string): Promise<readonly TargetHealth[] | undefined>;
  /** Takes effect some time later; what is registered already stays so. */
  register(groupArn: string, target: Target): Promise<RegistrationResult>;
  /** New requests go elsewhere from now on, those under way are finished; a target that is not registered is no error. */
  deregister(groupArn: string, target: Target): Promise<RegistrationResult>;
}

/** CloudWatch's alarms, metric and composite ones. */
export interface Alarms {
  /** Those of these names that exist. */
  describe(names: readonly string[]): Promise<readonly Alarm[]>;
}

/** Where the deployer itself stands. */
export interface Stage {
  readonly service: string;
  /** `prod`, `local` */
  readonly name: string;
  readonly region: string;
  /** 12 digits; there is none off AWS. */
  readonly accountId?: string;
  readonly stateBucket: string;
  readonly artifactBucket: string;
  /** A simulated or embedded stage says so wherever a person looks. */
  readonly kind: 'aws' | 'embedded';
  /** Its hosts are only pretended. */
  readonly isSimulated?: boolean;
}

export interface Ports {
  readonly stage: Stage;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly inventory: Inventory;
  readonly securityGroups: SecurityGroups;
  readonly commands: Commands;
  readonly executions: Executions;
  readonly balancer: LoadBalancer;
  readonly alarms: Alarms;
}
