import type { DeploymentEnd, Trigger } from './statuses.ts';

/**
 * `rollgate/<service>/state.json`: the one small object that says who may change the target, what waits, and what is
 * stable. Changed only by compare-and-swap.
 */
export interface TargetState {
  readonly schema: 1;
  readonly service: string;
  /** New with every write: tells a lost write from a lost answer. */
  readonly writeId: string;
  readonly lock: Lock | null;
  /** The highest fence ever given out for this target. */
  readonly fence: number;
  /** Deployments that wait for the lock, in order of admission. */
  readonly queue: readonly QueueEntry[];
  /** It never moves back, and neither a rollback nor a release by its number moves it. */
  readonly newestUpload: UploadMark | null;
  /** Uploads that a freeze has refused and that are newer than what was deployed since, newest first; absent: none. */
  readonly refusedUploads?: readonly RefusedUpload[];
  /** Releases that succeeded on the whole target, newest last. The last one is the stable release. */
  readonly stableHistory: readonly StableEntry[];
  /** Hosts that a deployment left on something else than the stable release. Changed in the write that frees the lock. */
  readonly differing: DifferingHosts;
  readonly freeze: { readonly by: string; readonly at: string; readonly reason: string } | null;
}

/** One version of the artifact in the bucket. */
export interface UploadedVersion {
  readonly versionId: string;
  /** S3's LastModified, ISO 8601. Absent where an earlier Rollgate wrote this. */
  readonly uploadedAt?: string;
}

/** The newest version that was admitted as an upload or that a person has deployed: older uploads are superseded by it. */
export interface UploadMark extends UploadedVersion {
  readonly deploymentId: string;
  /** The person who asked for this version; absent where its upload started the deployment. */
  readonly by?: string;
  /** The person named hosts: the upload of this version still goes to the whole target. */
  readonly isPartial?: true;
}

/** An upload that was refused because the target was frozen. */
export interface RefusedUpload extends UploadedVersion {
  /** The deployment that ended `FailedClean`. */
  readonly deploymentId: string;
  /** When it was refused. */
  readonly at: string;
}

/** By instance id. */
export type DifferingHosts = Readonly<Record<string, DifferingHost>>;

export interface DifferingHost {
  /** `v3-…`, as the host last reported under the lock; null if no report came. */
  readonly runs: string | null;
  /** ISO instant of the first report that it runs this. */
  readonly since: string;
  /** The deployment that left it so. */
  readonly by: string;
  /** How that deployment ended: `Succeeded` is one to a part of the target. */
  readonly why: DeploymentEnd;
  /** That deployment was a rollback: a further one must name its release, so that it does not go forward again. */
  readonly isRollback?: true;
}

export interface Lock {
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly fence: number;
  readonly acquiredAt: string;
  readonly by: string;
  /** `repair`: this execution only puts right what a dead one left. */
  readonly purpose: 'rollout' | 'repair';
  /** How many repairs have taken this lock over: after three, the end is recorded as it is. */
  readonly repairs: number;
  readonly isRollback: boolean;
  /** It brings hosts to the stable release: a rollback does not mean this one. */
  readonly isConverge?: boolean;
  readonly supersedes?: QueueEntry['supersedes'];
}

export interface QueueEntry {
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly trigger: Trigger;
  /** Uploads only: the version of the artifact. */
  readonly versionId: string | null;
  /** The number of its release; absent in entries of older versions. */
  readonly release?: number;
  readonly admittedAt: string;
  readonly by: string;
  readonly isRollback: boolean;
  /** Uploads only: the rollback that took its place while it waited. */
  readonly supersededBy?: string;
  /** Rollbacks only: the uploads whose place it took. */
  readonly supersedes?: readonly SupersededUpload[];
  /** Rollbacks only: a person asked for it whether the target is frozen or not. */
  readonly isThroughFreeze?: true;
}

export interface SupersededUpload {
  readonly deploymentId: string;
  readonly release: number;
}

export interface StableEntry {
  readonly release: number;
  readonly releaseId: string;
  readonly deploymentId: string;
  /** Since when it is stable. */
  readonly at: string;
  /** When it succeeded on the whole target once more, without another in between. */
  readonly confirmedAt?: string;
  /** Reached by going back: a further rollback must name its release, so that a double click never goes back two. */
  readonly isRollback: boolean;
}

/** The state of a target that Rollgate has never touched. */
export function emptyTargetState(service: string): TargetState {
  return {
    schema: 1,
    service,
    writeId: '',
    lock: null,
    fence: 0,
    queue: [],
    newestUpload: null,
    stableHistory: [],
    differing: {},
    freeze: null,
  };
}

/** The release that a new host gets; undefined before the first success. */
export function stableRelease(state: Pick<TargetState, 'stableHistory'>): StableEntry | undefined {
  return state.stableHistory.at(-1);
}

/** The same as a deployment's record names it; null where none is stable. */
export function stableIdentity(
  state: Pick<TargetState, 'stableHistory'>,
): { readonly number: number; readonly releaseId: string } | null {
  const stable = stableRelease(state);
  return stable === undefined ? null : { number: stable.release, releaseId: stable.releaseId };
}

/**
 * The next fence: one more than the last, and at least the Unix time, so that it also grows when a stack is made anew
 * over hosts that remember an older one.
 *
 * nextFence(0, 1_790_000_000) = 1_790_000_000; nextFence(1_790_000_000, 1_790_000_000) = 1_790_000_001
 */
export function nextFence(previous: number, nowSeconds: number): number {
  return Math.max(previous + 1, Math.floor(nowSeconds));
}
