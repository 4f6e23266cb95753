import type { Ports } from '../../clients/ports.ts';
import type { AlarmState } from '../../core/model/alarm-reading.ts';
import type { CapabilityTable } from './capabilities.ts';

/** One implementation of what lies behind the ports. */
export interface BackEnd {
  readonly name: string;
  readonly capabilities: CapabilityTable;
  /** A stage of its own with nothing in it. */
  open(options?: BenchOptions): Promise<Bench>;
}

export interface BenchOptions {
  /** `payment.zip` */
  readonly artifactKey?: string;
  readonly isVersioned?: boolean;
}

export interface GivenInstance {
  readonly tags: Readonly<Record<string, string>>;
  /** `a`, `b`, `c` */
  readonly zone?: string;
}

/**
 * One stage, and what the test does to it past the ports. Unlike the worlds of the other tests it holds no fake: the contract
 * is what implementations of the ports promise, and every one of them is held to it.
 */
export interface Bench {
  readonly ports: Ports;
  readonly artifactKey: string;
  /** A document for `send`, as it is now. */
  readonly documentVersion: string;
  readonly documentHash: string;
  /** `aws s3 cp`, also to other keys than the artifact's own. */
  putInArtifactBucket(key: string, body: string): Promise<void>;
  /** `aws s3 rm`: on a versioned bucket a delete marker. */
  deleteArtifact(): Promise<void>;
  deleteArtifactVersion(versionId: string): Promise<void>;
  /** Their ids, in the order given. */
  launch(instances: readonly GivenInstance[]): Promise<readonly string[]>;
  stopInstance(instanceId: string): Promise<void>;
  terminateInstance(instanceId: string): Promise<void>;
  /** The name of a target group of instances that a load balancer forwards to. */
  makeTargetGroup(): Promise<string>;
  /** The token of the task at which an execution of `waitingInput` waits. */
  tokenOf(executionArn: string): Promise<string>;
  /**
   * Ports whose writes to the ledger happen while their answers get lost: once, so that a retry of the SDK follows; or
   * always, until the SDK gives up.
   */
  portsThatLoseAnswers(how: 'once' | 'always'): Promise<{ readonly ports: Ports; readonly lost: () => number }>;
  /** Ports that get a few keys, versions or instances with each answer; `pages` counts the answers. */
  portsWithSmallPages(): Promise<{ readonly ports: Ports; readonly pages: () => number }>;
  /** Makes the alarm where it is not there. */
  setAlarm(name: string, state: AlarmState, reason: string): Promise<void>;
  putSecret(name: string, value: string): Promise<void>;
  /** What stands in `/etc/rollgate/endpoints` of a host. */
  hostEndpoints(): Promise<{ readonly S3: string; readonly SSM: string; readonly IMDS: string }>;
  close(): Promise<void>;
}

/** Inputs of the state machine that every bench has: it waits for a token, succeeds or fails, as told. */
export const waitingInput = { outcome: 'wait' };
export const succeedingInput = { outcome: 'succeed' };
export const failingInput = { outcome: 'fail' };
