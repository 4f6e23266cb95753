import type { Ports } from '../../clients/ports.ts';
import type { Lock } from '../../core/model/target-state.ts';
import { judgeParked, type ParkedFacts } from '../../core/waiting/judge-parked.ts';
import { readState } from '../../ledger/lock/target-state.ts';
import { openDeployment, readAdmitted, readOutcome } from '../../ledger/rollout/deployments.ts';
import { listParked, type ParkedTask, readParked, removeParked } from '../../ledger/waiting/parked-tasks.ts';
import { answerStep } from '../host-step/answer-step.ts';

/** Tokens that are looked at at once. */
const pageSize = 20;

/**
 * Goes through every parked token: removes those that nobody waits for any more, and looks again at commands whose end
 * no event has told. A token of which one of these fails does not keep the others waiting; its error is thrown at the end.
 */
export async function sweepParked(ports: Ports): Promise<void> {
  const keys = await listParked(ports);
  const { lock } = await readState(ports);
  const failures: unknown[] = [];
  for (let start = 0; start < keys.length; start += pageSize) {
    const page = keys.slice(start, start + pageSize);
    const results = await Promise.allSettled(page.map((key) => sweepOne(ports, key, lock)));
    failures.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

async function sweepOne(ports: Ports, key: string, lock: Lock | null): Promise<void> {
  const parked = await readParked(ports, key);
  if (parked === undefined) {
    return;
  }
  const { task } = parked;
  const verdict = judgeParked(await factsOf(ports, task, lock));
  if (verdict === 'remove') {
    await removeParked(ports, parked);
  }
  if (verdict === 'look' && task.kind === 'command') {
    const deployment = await openDeployment(ports, task.deploymentId);
    if (deployment !== undefined) {
      await answerStep(ports, deployment, task);
    }
  }
}

async function factsOf(ports: Ports, task: ParkedTask, lock: Lock | null): Promise<ParkedFacts> {
  const own = lock?.deploymentId === task.deploymentId ? lock : null;
  const outcome = await readOutcome(ports, task.deploymentId);
  return {
    kind: task.kind,
    isAnswered: task.kind === 'command' && task.answeredCommandId !== undefined,
    outcomeAt: outcome?.endedAt ?? null,
    execution: await executionOf(ports, await executionArnOf(ports, task, own)),
    lock: lockOf(task, own),
    nowMilliseconds: ports.clock.now(),
  };
}

function lockOf(task: ParkedTask, own: Lock | null): ParkedFacts['lock'] {
  if (own === null) {
    return 'of-others';
  }
  return task.kind === 'command' && task.fence !== own.fence ? 'taken-over' : 'its-own';
}

/** A step of a host is parked without its execution: who has the lock waits, else it can only be the admitted one. */
async function executionArnOf(ports: Ports, task: ParkedTask, own: Lock | null): Promise<string | undefined> {
  if ('executionArn' in task) {
    return task.executionArn;
  }
  return own?.executionArn ?? (await readAdmitted(ports, task.deploymentId))?.executionArn;
}

async function executionOf(ports: Ports, executionArn: string | undefined): Promise<ParkedFacts['execution']> {
  const info = executionArn === undefined ? undefined : await ports.executions.describe(executionArn);
  if (info === undefined) {
    return 'unknown';
  }
  return info.status === 'RUNNING' ? 'running' : 'ended';
}
