import type { Ports } from '../../clients/ports.ts';
import type { BalancerAction, HostAction } from '../../core/model/statuses.ts';
import { encode, readJson } from '../json-objects.ts';
import { keys } from '../keys.ts';

/**
 * A Step Functions task that waits for something, as `rollgate/parked/<hash>.json`. The newest token wins: a retry of
 * the task parks a new one over the old.
 */
export type ParkedTask = ParkedCommand | ParkedLock | ParkedPause | ParkedBalancer;

export interface ParkedCommand {
  readonly kind: 'command';
  readonly token: string;
  readonly deploymentId: string;
  readonly fence: number;
  readonly instanceId: string;
  readonly action: HostAction;
  readonly round: number;
  readonly parkedAt: string;
  /** The command whose end this task has been told of already. */
  readonly answeredCommandId?: string;
}

/** Waits for the target's lock. */
export interface ParkedLock {
  readonly kind: 'lock';
  readonly token: string;
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly parkedAt: string;
}

/** Waits for an operator, or for the bake time to pass. */
interface ParkedPause {
  readonly kind: 'operator' | 'bake';
  readonly token: string;
  readonly deploymentId: string;
  readonly executionArn: string;
  readonly round: number;
  readonly parkedAt: string;
}

/** Waits for the load balancer to let a host go, or to call it healthy. */
export interface ParkedBalancer {
  readonly kind: 'balancer';
  readonly token: string;
  readonly deploymentId: string;
  readonly fence: number;
  readonly instanceId: string;
  readonly action: BalancerAction;
  readonly round: number;
  readonly parkedAt: string;
  /** Looks that found the host healthy, one after another. */
  readonly healthyLooks: number;
}

type LedgerPorts = Pick<Ports, 'ledger' | 'stage'>;

/** An SSM event names only document and instance: that is what a waiting command is found by. */
export function commandParkingName(documentName: string, instanceId: string): string {
  return `command/${documentName}/${instanceId}`;
}

export function lockParkingName(service: string, deploymentId: string): string {
  return `lock/${service}/${deploymentId}`;
}

export function balancerParkingName(service: string, deploymentId: string, instanceId: string): string {
  return `balancer/${service}/${deploymentId}/${instanceId}`;
}

export function pauseParkingName(service: string, deploymentId: string): string {
  return `pause/${service}/${deploymentId}`;
}

export async function park(ports: LedgerPorts, name: string, task: ParkedTask): Promise<void> {
  await ports.ledger.put(keys.parked(name), encode(task));
}

export function findParked(ports: LedgerPorts, name: string): Promise<ParkedTask | undefined> {
  return readJson(ports.ledger, keys.parked(name));
}

/** Notes that the task of this token was told the end of its command; a newer token that was parked since stays. */
export async function markAnswered(
  ports: LedgerPorts,
  name: string,
  token: string,
  answeredCommandId: string,
): Promise<void> {
  const parked = await readParked(ports, keys.parked(name));
  if (parked?.task.kind === 'command' && parked.task.token === token) {
    await ports.ledger.replace(parked.key, encode({ ...parked.task, answeredCommandId }), parked.etag);
  }
}

/** A parked task as it lies in the ledger. */
export interface ParkedRecord {
  readonly key: string;
  readonly etag: string;
  readonly task: ParkedTask;
}

/** Every key of a parked task. */
export function listParked(ports: LedgerPorts): Promise<readonly string[]> {
  return ports.ledger.list(keys.parkedTasks);
}

export async function readParked(ports: LedgerPorts, key: string): Promise<ParkedRecord | undefined> {
  const object = await ports.ledger.read(key);
  return object === undefined ? undefined : { key, etag: object.etag, task: JSON.parse(object.body) as ParkedTask };
}

/** Removes a parked task as it was read; one that was parked over it since stays. */
export async function removeParked(ports: LedgerPorts, { key, etag }: ParkedRecord): Promise<void> {
  await ports.ledger.remove(key, etag);
}

export async function unpark(ports: LedgerPorts, name: string): Promise<void> {
  await ports.ledger.remove(keys.parked(name));
}
