/**
 * Names of every error that Rollgate throws on purpose, and of the ends of a deployment that count as an error. The name is
 * the contract with the state machine and the CLI; the message says what happened and what to type next, and no code
 * branches on the message. No code throws the ends that have no class below: the outcome of a deployment holds their name.
 */
export const errorNames = [
  'InvalidDeploymentError',
  'DeploymentLockedError',
  /** A newer upload, or a person's request, took the place of this upload. */
  'SupersededError',
  'HaltedError',
  /** The failure budget is spent. */
  'GateFailedError',
  /** A host could not be put back on its previous release. */
  'RevertFailedError',
  'LockLostError',
  'UnfinishedError',
  'TransientAwsError',
] as const;

export type ErrorName = (typeof errorNames)[number];

/** CLI exit code of each error; 0 is success, 1 also stands for an error that is none of these (a bug). */
export const exitCodes: Readonly<Record<ErrorName, number>> = {
  InvalidDeploymentError: 2,
  DeploymentLockedError: 3,
  SupersededError: 4,
  HaltedError: 5,
  GateFailedError: 1,
  RevertFailedError: 6,
  LockLostError: 7,
  UnfinishedError: 1,
  TransientAwsError: 1,
};

/** Input, configuration or target is wrong; nothing was touched. `problems` lists all of them, one sentence each. */
export class InvalidDeploymentError extends Error {
  override readonly name = 'InvalidDeploymentError';
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const list = typeof problems === 'string' ? [problems] : problems;
    super(list.join('\n'), options);
    this.problems = list;
  }
}

/** The target is frozen, or locked by another deployment and this one does not wait. */
export class DeploymentLockedError extends Error {
  override readonly name = 'DeploymentLockedError';
}

/** An operator said halt. */
export class HaltedError extends Error {
  override readonly name = 'HaltedError';
}

/** This execution no longer holds the lock: it stops and changes nothing. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
}

/** Hosts are half switched, so this execution can't record the end: it fails, and a repair takes over. */
export class UnfinishedError extends Error {
  override readonly name = 'UnfinishedError';
}

/** Throttling, 5xx or a timeout of AWS: retried with backoff and jitter. */
export class TransientAwsError extends Error {
  override readonly name = 'TransientAwsError';
}

/** The exit code of a thrown value: its own where the name is ours, else 1. */
export function exitCodeOf(error: unknown): number {
  const name = error instanceof Error ? error.name : '';
  return (errorNames as readonly string[]).includes(name) ? exitCodes[name as ErrorName] : 1;
}
