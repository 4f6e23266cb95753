import type { ExecutionInfo, Ports } from '../clients/ports.ts';
import type { DeploymentRecord } from '../core/model/deployment-record.ts';
import { type DeploymentView, deploymentView } from '../core/views/deployment-view.ts';
import { rememberWrittenOnce } from '../ledger/remember-written-once.ts';
import { readDeployment } from '../ledger/rollout/deployment-history.ts';
import { drawingMilliseconds, type Progress } from './progress.ts';
import type { World } from './world.ts';

export type FollowEnd =
  | { readonly kind: 'ended'; readonly view: DeploymentView }
  /** Ctrl-C: the deployment goes on. */
  | { readonly kind: 'interrupted'; readonly view: DeploymentView | null }
  /** The execution has ended, and nothing says how the deployment did; a repair may still come. */
  | { readonly kind: 'lost'; readonly execution: ExecutionInfo; readonly view: DeploymentView | null };

/** How often the ledger is read: here it is a file away, on AWS a look is four reads, nine lists and what is new. */
const lookMilliseconds = { embedded: 240, aws: 2000 } as const;

/** On AWS, where nothing has changed for a minute: an approval may take a day, and a day of looks costs 40 cents then. */
const quietMilliseconds = 60_000;
const quietLookMilliseconds = 10_000;

/**
 * An ended execution's outcome is there before its status, and before the lock is free; a repair needs a moment to take the
 * lock.
 */
const graceMilliseconds = 15_000;

/** AWS may throttle, or the network be gone, for so long: the deployment does not notice. */
const patienceMilliseconds = 60_000;

type FollowPorts = Pick<Ports, 'stage' | 'ledger' | 'clock' | 'executions'>;

type Target = { readonly deploymentId: string; readonly executionArn: string };

interface Seen {
  readonly execution: ExecutionInfo | undefined;
  readonly record: DeploymentRecord | undefined;
}

/**
 * Shows a deployment until it has an end, or until Ctrl-C; drawing goes on while an answer is awaited. Throws what reading
 * throws, but a TransientAwsError only where it lasts: the deployment goes on without being looked at.
 */
export async function followDeployment(
  world: Pick<World, 'sleep' | 'onInterrupt'>,
  ports: FollowPorts,
  target: Target,
  progress: Progress,
): Promise<FollowEnd> {
  const { clock } = ports;
  const interrupt = Promise.withResolvers<void>();
  let isInterrupted = false;
  const stopListening = world.onInterrupt(() => {
    isInterrupted = true;
    interrupt.resolve();
  });
  const looks = createLooks(ports, target);
  let record: DeploymentRecord | undefined;
  let diedAt: number | null = null;
  let endedAt: number | null = null;
  try {
    while (!isInterrupted) {
      const now = clock.now();
      const seen = looks.take(now);
      looks.begin(now);
      if (seen !== undefined) {
        record = seen.record;
        if (record !== undefined && record.outcome !== null) {
          endedAt ??= now;
          // What is typed next must find the lock free, and the release stable that has become so.
          if (!isHeld(record) || now - endedAt >= graceMilliseconds) {
            const view = deploymentView(record);
            if (record.admitted !== null) {
              progress.show(view, now);
            }
            return { kind: 'ended', view };
          }
        }
        diedAt = isDead(seen.execution, record) ? (diedAt ?? now) : null;
        if (diedAt !== null && seen.execution !== undefined && now - diedAt >= graceMilliseconds) {
          return { kind: 'lost', execution: seen.execution, view: viewOf(record, now) };
        }
      }
      const view = viewOf(record, now);
      if (view !== null) {
        progress.show(view, now);
      }
      await Promise.race([world.sleep(drawingMilliseconds), interrupt.promise]);
    }
    return { kind: 'interrupted', view: viewOf(record, clock.now()) };
  } catch (error) {
    progress.finish(viewOf(record, clock.now()));
    throw error;
  } finally {
    stopListening();
  }
}

interface Looks {
  /** What was seen since the last call, if anything. Throws what the look threw, where patience is at its end. */
  take(now: number): Seen | undefined;
  /** Begins the next one where it is due and none is under way. */
  begin(now: number): void;
}

/** Looks one after another, as often as the stage bears. */
function createLooks(ports: FollowPorts, target: Target): Looks {
  const reading = { ...ports, ledger: rememberWrittenOnce(ports.ledger) };
  let answer: { readonly seen: Seen } | { readonly error: unknown } | undefined;
  let isUnderWay = false;
  let begunAt = Number.NEGATIVE_INFINITY;
  let answeredAt = ports.clock.now();
  let changedAt = ports.clock.now();
  let content = '';

  async function look(): Promise<void> {
    try {
      // The execution first: what it has written before it ended is then in the record.
      const execution = await ports.executions.describe(target.executionArn);
      answer = { seen: { execution, record: await readDeployment(reading, target.deploymentId) } };
    } catch (error) {
      answer = { error };
    }
  }

  return {
    take(now) {
      const taken = answer;
      if (taken === undefined) {
        return undefined;
      }
      answer = undefined;
      isUnderWay = false;
      if ('error' in taken) {
        const mayPass = taken.error instanceof Error && taken.error.name === 'TransientAwsError';
        if (!mayPass || now - answeredAt >= patienceMilliseconds) {
          throw taken.error;
        }
        return undefined;
      }
      answeredAt = now;
      const newContent = JSON.stringify({ ...taken.seen.record, nowMilliseconds: 0 });
      if (newContent !== content) {
        content = newContent;
        changedAt = now;
      }
      return taken.seen;
    },
    begin(now) {
      const { kind } = ports.stage;
      const isQuiet = kind === 'aws' && now - changedAt >= quietMilliseconds;
      if (!isUnderWay && now - begunAt >= (isQuiet ? quietLookMilliseconds : lookMilliseconds[kind])) {
        begunAt = now;
        isUnderWay = true;
        void look();
      }
    },
  };
}

function viewOf(record: DeploymentRecord | undefined, nowMilliseconds: number): DeploymentView | null {
  return record === undefined ? null : deploymentView({ ...record, nowMilliseconds });
}

/** Nobody works on it any more: its execution has ended, and it holds no lock that a successor or repair would use. */
function isDead(execution: ExecutionInfo | undefined, record: DeploymentRecord | undefined): boolean {
  return execution !== undefined && execution.status !== 'RUNNING' && !isHeld(record);
}

function isHeld(record: DeploymentRecord | undefined): boolean {
  return record !== undefined && record.lock?.deploymentId === record.deploymentId;
}
