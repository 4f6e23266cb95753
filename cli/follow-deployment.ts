import type { ExecutionInfo, Ports } from '../clients/ports.ts';
import { type DeploymentRecord, type DeploymentView, deploymentView } from '../core/views/deployment-view.ts';
import { readDeployment } from '../ledger/deployment-history.ts';
import { rememberWrittenOnce } from '../ledger/remember-written-once.ts';
import { drawingMilliseconds, type Progress } from './progress.ts';
import type { World } from './world.ts';

export type FollowEnd =
  | { readonly kind: 'ended'; readonly view: DeploymentView }
  /** Ctrl-C: the deployment goes on. */
  | { readonly kind: 'interrupted'; readonly view: DeploymentView | null }
  /** The execution has ended, and nothing says how the deployment did; a repair may still come. */
  | { readonly kind: 'lost'; readonly execution: ExecutionInfo; readonly view: DeploymentView | null };

/** How often the ledger is read: here it is a file away, on AWS a request. */
const readMilliseconds = { embedded: 240, aws: 2000 } as const;

/** An ended execution's outcome is there before its status; a repair needs a moment to take the lock. */
const graceMilliseconds = 15_000;

type FollowPorts = Pick<Ports, 'stage' | 'ledger' | 'clock' | 'executions'>;

/** Shows a deployment until it has an end, or until Ctrl-C. */
export async function followDeployment(
  world: Pick<World, 'sleep' | 'onInterrupt'>,
  ports: FollowPorts,
  target: { readonly deploymentId: string; readonly executionArn: string },
  progress: Progress,
): Promise<FollowEnd> {
  const reading = { ...ports, ledger: rememberWrittenOnce(ports.ledger) };
  const interrupt = Promise.withResolvers<void>();
  let isInterrupted = false;
  const stopListening = world.onInterrupt(() => {
    isInterrupted = true;
    interrupt.resolve();
  });
  let record: DeploymentRecord | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let diedAt: number | null = null;
  try {
    while (!isInterrupted) {
      const now = ports.clock.now();
      if (now - readAt >= readMilliseconds[ports.stage.kind]) {
        readAt = now;
        // The execution first: what it has written before it ended is then in the record.
        const execution = await ports.executions.describe(target.executionArn);
        record = await readDeployment(reading, target.deploymentId);
        if (record !== undefined && record.outcome !== null) {
          const view = deploymentView(record);
          if (record.admitted !== null) {
            progress.show(view, now);
          }
          return { kind: 'ended', view };
        }
        diedAt = isDead(execution, record) ? (diedAt ?? now) : null;
        if (diedAt !== null && execution !== undefined && now - diedAt >= graceMilliseconds) {
          return { kind: 'lost', execution, view: viewOf(record, now) };
        }
      }
      const view = viewOf(record, now);
      if (view !== null) {
        progress.show(view, now);
      }
      await Promise.race([world.sleep(drawingMilliseconds), interrupt.promise]);
    }
    return { kind: 'interrupted', view: viewOf(record, ports.clock.now()) };
  } finally {
    stopListening();
  }
}

function viewOf(record: DeploymentRecord | undefined, nowMilliseconds: number): DeploymentView | null {
  return record === undefined ? null : deploymentView({ ...record, nowMilliseconds });
}

/** Nobody works on it any more: its execution has ended, and it holds no lock that a successor or repair would use. */
function isDead(execution: ExecutionInfo | undefined, record: DeploymentRecord | undefined): boolean {
  const isHeld = record !== undefined && record.lock?.deploymentId === record.deploymentId;
  return execution !== undefined && execution.status !== 'RUNNING' && !isHeld;
}
