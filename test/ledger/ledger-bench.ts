import type fc from 'fast-check';
import type { ArtifactStore, Clock, Ledger, Stage } from '../../clients/ports.ts';
import { type ArtifactBucket, createArtifactBucket } from '../fakes/artifact-bucket.ts';
import { createPortFaults, type PortFaults } from '../fakes/port-faults.ts';
import { createStateBucket, type StateBucket } from '../fakes/state-bucket.ts';
import { beginning } from '../fakes/virtual-time.ts';
import { localStage } from '../given/stages.ts';

export interface LedgerPorts {
  readonly stage: Stage;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly artifacts: ArtifactStore;
}

export interface LedgerBench {
  /** As one writer has them: `faults` strike here. The clock stands still. */
  readonly ports: LedgerPorts;
  /** The ports of the same target as another writer has them: no fault strikes there. */
  readonly others: LedgerPorts;
  /** What is stored. */
  readonly bucket: StateBucket;
  readonly artifacts: ArtifactBucket;
  readonly faults: PortFaults;
  /** What `ports` was asked, in order: `ledger.read`, … */
  readonly calls: readonly string[];
  /** How long each backoff was, in milliseconds. */
  readonly waits: readonly number[];
}

/** An empty ledger in memory. */
export function createLedgerBench(): LedgerBench {
  const bucket = createStateBucket();
  const calls: string[] = [];
  const waits: number[] = [];
  const faults = createPortFaults((call) => void calls.push(call));
  const clock: Clock = { now: () => beginning, wait: async (milliseconds) => void waits.push(milliseconds) };
  const artifacts = createArtifactBucket(bucket, clock, () => undefined);
  const others: LedgerPorts = { stage: localStage, ledger: bucket, clock, artifacts };
  const ports: LedgerPorts = {
    ...others,
    ledger: faults.wrapOne('ledger', bucket),
    artifacts: faults.wrapOne('artifacts', artifacts),
  };
  return { ports, others, bucket, artifacts, faults, calls, waits };
}

/** The same ports with every answer of the ledger held back until the scheduler's turn: writers get between each other. */
export function withScheduledAnswers<Given extends { readonly ledger: Ledger }>(
  ports: Given,
  scheduler: fc.Scheduler,
): Given {
  const { read, create, replace, put, remove, list } = ports.ledger;
  const ledger: Ledger = {
    read: scheduler.scheduleFunction(read),
    create: scheduler.scheduleFunction(create),
    replace: scheduler.scheduleFunction(replace),
    put: scheduler.scheduleFunction(put),
    remove: scheduler.scheduleFunction(remove),
    list: scheduler.scheduleFunction(list),
  };
  return { ...ports, ledger };
}

/** Lets all of them go on together, in the order that the scheduler chooses. */
export async function settleTogether<Work extends readonly Promise<unknown>[] | []>(
  scheduler: fc.Scheduler,
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  const all = Promise.all(work);
  await scheduler.waitFor(all);
  return all;
}
