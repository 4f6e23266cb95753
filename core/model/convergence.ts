/**
 * `rollgate/<service>/convergence.json`: what each host runs as of the last deployment that saw it, which hosts should
 * get the stable release, and whether Rollgate still brings it to them by itself. Changed only by compare-and-swap.
 */
export interface Convergence {
  readonly schema: 1;
  /** New with every write: tells a lost write from a lost answer. */
  readonly writeId: string;
  /** By instance id, as are the next two. */
  readonly seen: Readonly<Record<string, SeenHost>>;
  readonly waiting: Readonly<Record<string, WaitingHost>>;
  readonly givenUp: Readonly<Record<string, GivenUpHost>>;
  /** The one execution that converges hosts now: hosts that appear together share it. */
  readonly underWay: ConvergeRun | null;
  /** Hosts that did not converge since the last one that did, newest last. */
  readonly failures: readonly ConvergeFailure[];
  /** Nothing is converged while this stands. */
  readonly breaker: CircuitBreaker | null;
}

/** What a host ran when a deployment last saw it. */
export interface SeenHost {
  /** `v41-…`, `v0`, `none` */
  readonly running: string;
  /** False where the deployment left it as it should not be. */
  readonly isRight: boolean;
  /** The service answered when a deployment last looked; absent where none has looked since this is recorded. */
  readonly isServing?: boolean;
  readonly deploymentId: string;
  readonly at: string;
}

/** A host that should get the stable release. */
export interface WaitingHost {
  readonly name: string;
  readonly since: string;
  /** SSM has not known it, or lost it, since then; null while it is online. */
  readonly offlineSince: string | null;
  /** Executions that were started for it. */
  readonly starts: number;
  /** Of these, those after which it did not run the release. */
  readonly failures: number;
  /** Not tried again before; null before the first try. */
  readonly retryAt: string | null;
  /** How often its event looked whether it is online. */
  readonly looks: number;
}

/** A host that Rollgate does not bring to the stable release any more, with what a person can do. */
export interface GivenUpHost {
  readonly name: string;
  readonly at: string;
  /**
   * `offline` hosts are taken up again as soon as SSM has them, `alone` ones (the last that serve) as soon as another host
   * is online; the others when they come back or a person deploys.
   */
  readonly kind: 'offline' | 'alone' | 'failed' | 'halted' | 'skipped';
  readonly why: string;
  /** What to type or to do. */
  readonly next: string;
}

export interface ConvergeRun {
  /** Of the execution. */
  readonly name: string;
  readonly hosts: readonly string[];
  readonly at: string;
}

export interface ConvergeFailure {
  readonly instanceId: string;
  readonly name: string;
  readonly at: string;
  readonly why: string;
}

export interface CircuitBreaker {
  readonly openedAt: string;
  readonly why: string;
  /** What to type. */
  readonly next: string;
  /** A rollback left hosts on its release: only a deployment that makes a release stable closes this one. */
  readonly isOfRollback?: true;
}

/** Of a target where no host was ever converged. */
export const emptyConvergence: Convergence = {
  schema: 1,
  writeId: '',
  seen: {},
  waiting: {},
  givenUp: {},
  underWay: null,
  failures: [],
  breaker: null,
};
