/** What is known of a parked token and of whom it waits for. */
export interface ParkedFacts {
  readonly kind: 'command' | 'lock' | 'operator' | 'bake' | 'balancer';
  /** The task of a command was told its end already. */
  readonly isAnswered: boolean;
  /** When its deployment ended (ISO 8601); null while it has no end. */
  readonly outcomeAt: string | null;
  /** Of the execution that waits; `unknown` where nobody can tell. */
  readonly execution: 'running' | 'ended' | 'unknown';
  /** Who holds the lock: its deployment with the token's own fence, its deployment with another fence, or neither. */
  readonly lock: 'its-own' | 'taken-over' | 'of-others';
  readonly nowMilliseconds: number;
}

/** Late and repeated events of a deployment's last commands still find their record so long after its end. */
const keptAfterEndMilliseconds = 900_000;

/**
 * What the sweep does with a parked token: `remove` where nobody can wait for it any more, `look` where a live step may
 * have missed the end of its command, else `keep`. What is unknown is kept.
 */
export function judgeParked(facts: ParkedFacts): 'remove' | 'look' | 'keep' {
  const { kind, outcomeAt, execution, lock, nowMilliseconds } = facts;
  if (kind !== 'command') {
    return outcomeAt !== null || execution === 'ended' ? 'remove' : 'keep';
  }
  if (outcomeAt !== null) {
    return nowMilliseconds > Date.parse(outcomeAt) + keptAfterEndMilliseconds ? 'remove' : 'keep';
  }
  if (lock === 'of-others') {
    return execution === 'ended' ? 'remove' : 'keep';
  }
  // A dead execution that has the lock is repaired; until then an event may still tell how its command ended.
  return lock === 'its-own' && execution !== 'ended' && !facts.isAnswered ? 'look' : 'keep';
}
