import { randomUUID } from 'node:crypto';
import type { Ports } from '../clients/ports.ts';
import { LockLostError, TransientAwsError } from '../core/errors.ts';
import { emptyTargetState, type Lock, type TargetState } from '../core/target-state.ts';
import { encode } from './json-objects.ts';
import { keys } from './keys.ts';

/** How often a compare-and-swap is tried against others' writes before the step is retried as a whole. */
const maxSwapAttempts = 20;

type StatePorts = Pick<Ports, 'stage' | 'ledger' | 'clock'>;

/** Reads `state.json`; a target that Rollgate has never touched reads as empty. */
export async function readState(ports: Pick<Ports, 'stage' | 'ledger'>): Promise<TargetState> {
  const object = await ports.ledger.read(keys.state(ports.stage.service));
  return object === undefined ? emptyTargetState(ports.stage.service) : (JSON.parse(object.body) as TargetState);
}

/**
 * Changes `state.json` by compare-and-swap: reads, asks `change` for the next state, writes it only over what was read,
 * and starts again where somebody else was faster. `change` returns the same object (or undefined) to change nothing.
 * Throws TransientAwsError after 20 lost races.
 */
export async function changeState(
  ports: StatePorts,
  change: (state: TargetState) => TargetState | undefined,
): Promise<TargetState> {
  const key = keys.state(ports.stage.service);
  for (let attempt = 1; attempt <= maxSwapAttempts; attempt++) {
    const object = await ports.ledger.read(key);
    const state =
      object === undefined ? emptyTargetState(ports.stage.service) : (JSON.parse(object.body) as TargetState);
    const changed = change(state);
    if (changed === undefined || changed === state) {
      return state;
    }
    const next: TargetState = { ...changed, writeId: randomUUID() };
    const isWritten = await swap(ports, key, next, object?.etag);
    if (isWritten) {
      return next;
    }
    await ports.clock.wait(Math.random() * 50 * attempt);
  }
  throw new TransientAwsError(`${key} was changed by others ${maxSwapAttempts} times in a row; the step is retried`);
}

/** The response may have been lost, not the write: on a conflict the writeId tells. */
async function swap(ports: StatePorts, key: string, next: TargetState, etag: string | undefined): Promise<boolean> {
  const body = encode(next);
  const result = await (etag === undefined ? ports.ledger.create(key, body) : ports.ledger.replace(key, body, etag));
  if (result.kind === 'written') {
    return true;
  }
  const now = await ports.ledger.read(key);
  return now !== undefined && (JSON.parse(now.body) as TargetState).writeId === next.writeId;
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
