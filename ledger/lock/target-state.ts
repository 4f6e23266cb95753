import type { Ports } from '../../clients/ports.ts';
import { LockLostError } from '../../core/model/errors.ts';
import { emptyTargetState, type Lock, type TargetState } from '../../core/model/target-state.ts';
import { compareAndSwap, withMissing } from '../compare-and-swap.ts';
import { keys } from '../keys.ts';

type StatePorts = Pick<Ports, 'stage' | 'ledger' | 'clock'>;

/** Reads `state.json`; a target that Rollgate has never touched reads as empty. */
export async function readState(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<TargetState> {
  const object = await ports.ledger.read(keys.state(ports.stage.service));
  const empty = emptyTargetState(ports.stage.service);
  return object === undefined ? empty : withMissing(empty, object.body);
}

/**
 * Changes `state.json` by compare-and-swap. `change` returns the same object (or undefined) to change nothing.
 * Throws TransientAwsError after 20 lost races.
 */
export function changeState(
  ports: StatePorts,
  change: (state: TargetState) => TargetState | undefined,
): Promise<TargetState> {
  const { service } = ports.stage;
  return compareAndSwap(ports, keys.state(service), emptyTargetState(service), change);
}

/** What a handler holds the lock by: the execution where the state knows it, else the fence (inside a Map). */
export type LockClaim =
  | { readonly deploymentId: string; readonly executionArn: string }
  | { readonly deploymentId: string; readonly fence: number };

/** The lock, if it is still this claim's own. Throws LockLostError: a zombie stops here and changes nothing. */
export function requireLock(state: TargetState, claim: LockClaim): Lock {
  const { lock } = state;
  const isOurs =
    lock !== null &&
    lock.deploymentId === claim.deploymentId &&
    ('fence' in claim ? lock.fence === claim.fence : lock.executionArn === claim.executionArn);
  if (!isOurs) {
    const holder = lock === null ? 'nobody holds it' : `${lock.deploymentId} holds it`;
    throw new LockLostError(
      `${claim.deploymentId} no longer holds the lock (${holder}); this execution stops and changes nothing. ` +
        'To run it again start a new execution with the same input.',
    );
  }
  return lock;
}
