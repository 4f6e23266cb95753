import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { withoutEntry } from '../core/admission/acquire-lock.ts';
import type { AdmittedDeployment, DeploymentOutcome } from '../core/deployment-records.ts';
import { type ErrorName, errorNames, LockLostError } from '../core/errors.ts';
import { reason } from '../core/reasons.ts';
import { decideNextWave } from '../core/rollout/decide-next-wave.ts';
import { evaluateOutcome } from '../core/rollout/evaluate-outcome.ts';
import type { MachineError, RolloutFacts } from '../core/rollout/rollout-facts.ts';
import type { Lock, TargetState } from '../core/target-state.ts';
import { readAdmitted, readFacts, readOutcome, writeOutcomeOnce } from '../ledger/deployments.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { lockParkingName, pauseParkingName, unpark } from '../ledger/parked-tasks.ts';
import { changeState, readState } from '../ledger/target-state.ts';
import { recordEnd } from './converge/record-end.ts';
import { wakeLockWaiters } from './parked/wake.ts';
import { toHandler } from './runtime/handler.ts';
import { writeLine } from './runtime/log.ts';
import { machineError, machineErrorSchema } from './runtime/machine-error.ts';

const inputSchema = z.object({
  executionArn: z.string(),
  startedAt: z.string(),
  state: machineErrorSchema.extend({
    deploymentId: z.string().optional(),
    next: z.string().optional(),
    byVersionId: z.string().optional(),
    askedSince: z.object({ by: z.string(), deploymentId: z.string(), isSame: z.boolean() }).optional(),
    error: machineErrorSchema.optional(),
  }),
});

type FinishInput = z.output<typeof inputSchema>;

/** What the Outcome state compares, and the text of its Fail states. */
export interface Finished {
  readonly deploymentId: string;
  readonly status: DeploymentOutcome['status'];
  readonly errorName: string;
  readonly cause: string;
}

/** After so many repairs of one deployment its end is recorded as it is, dirty hosts by name. */
const maxRepairs = 3;

/** The cause of a Fail state is bounded by Step Functions at 32,768 characters; people read the first lines. */
const maxCauseLength = 4000;

/**
 * Records the end of a deployment from what its hosts are, frees the lock, moves `stable`, wakes the next. Throws
 * LockLostError; and an error where hosts are still half switched, so that the execution fails and repair takes over.
 */
export async function run(input: FinishInput, ports: Ports): Promise<Finished> {
  const { executionArn, startedAt, state } = input;
  const deploymentId = state.deploymentId ?? deploymentIdOf(executionArn, startedAt);
  const before = await readState(ports);
  const { lock } = before;
  if (lock?.deploymentId === deploymentId && lock.executionArn !== executionArn) {
    throw new LockLostError(`${deploymentId} is held by ${lock.executionArn}; this execution changes nothing`);
  }
  const held = lock?.deploymentId === deploymentId ? lock : null;
  const outcome = (await readOutcome(ports, deploymentId)) ?? (await conclude(input, deploymentId, held, ports));
  // The stack counts these lines by their outcome; a retry of this step writes its own.
  writeLine('info', { function: 'finish-deployment', outcome: outcome.status, deploymentId });
  const admitted = await readAdmitted(ports, deploymentId);
  // Before the lock is free: the next holder finds on record what the hosts run.
  await recordEnd(ports, outcome, {
    ...{ executionArn: admitted?.executionArn ?? executionArn, state: before, admitted },
  });
  await changeState(ports, (current) => release(current, outcome, admitted, executionArn));
  await unpark(ports, lockParkingName(ports.stage.service, deploymentId));
  await unpark(ports, pauseParkingName(ports.stage.service, deploymentId));
  await wakeLockWaiters(ports);
  return {
    deploymentId,
    status: outcome.status,
    errorName: outcome.errorName ?? outcome.status,
    cause: causeOf(outcome).slice(0, maxCauseLength),
  };
}

async function conclude(
  { executionArn, state }: FinishInput,
  deploymentId: string,
  held: Lock | null,
  ports: Ports,
): Promise<DeploymentOutcome> {
  const error = machineError(state.error) ?? machineError(state);
  const facts = await readFacts(ports, deploymentId, { executionArn, isRepair: held?.purpose === 'repair', error });
  const isDryRun = (await readAdmitted(ports, deploymentId))?.isDryRun ?? false;
  const isWholeTarget = facts?.plan.isWholeTarget ?? false;
  const end = state.next === 'superseded' ? superseded(state) : endOf(facts, error, held);
  const endedAt = new Date(ports.clock.now()).toISOString();
  return writeOutcomeOnce(ports, { deploymentId, ...end, endedAt, isDryRun, isWholeTarget, executionArn });
}

type End = Pick<DeploymentOutcome, 'status' | 'reason' | 'errorName' | 'hosts'>;

function superseded({ byVersionId: versionId = '', askedSince }: FinishInput['state']): End {
  return {
    status: 'Superseded',
    reason:
      askedSince === undefined
        ? reason('newer-upload', { versionId })
        : reason('asked-since', { versionId, ...askedSince }),
    errorName: 'SupersededError',
    hosts: [],
  };
}

function endOf(facts: RolloutFacts | undefined, error: MachineError | null, held: Lock | null): End {
  if (facts === undefined) {
    return { ...refusedEnd(error), status: 'FailedClean', hosts: [] };
  }
  const concluded = withoutLateHalt(facts);
  const next = facts.admitted.isDryRun ? 'finish' : decideNextWave(concluded).decision.kind;
  if (next !== 'finish' && (held?.repairs ?? 0) < maxRepairs) {
    throw new Error(`${facts.admitted.deploymentId} can't end here: its next step is ${next}; a repair takes over`);
  }
  return evaluateOutcome(concluded);
}

/** A halt that comes after the decision to finish a rollout that went well finds nothing left to halt. */
function withoutLateHalt(facts: RolloutFacts): RolloutFacts {
  const last = facts.decisions.at(-1);
  const isDone = last?.decision.kind === 'finish' && last.failure === undefined;
  return isDone ? { ...facts, controls: { ...facts.controls, halt: null } } : facts;
}

/** The end of a deployment that never got as far as a plan. */
function refusedEnd(error: MachineError | null): Pick<End, 'reason' | 'errorName'> {
  if (error === null) {
    return { reason: reason('execution-ended', { why: 'stopped or lost' }), errorName: 'GateFailedError' };
  }
  const isOurs = (errorNames as readonly string[]).includes(error.name);
  switch (error.name as ErrorName) {
    case 'InvalidDeploymentError':
      return { reason: reason('invalid-input', { problems: error.cause }), errorName: error.name };
    case 'DeploymentLockedError':
    case 'HaltedError':
      return { reason: reason('lock-refused', { why: error.cause }), errorName: error.name };
    default:
      return { reason: reason('execution-error', error), errorName: isOurs ? error.name : 'GateFailedError' };
  }
}

/** Frees the lock and moves `stable` in one write; where an earlier try has done it, nothing changes. */
function release(
  state: TargetState,
  outcome: DeploymentOutcome,
  admitted: AdmittedDeployment | undefined,
  executionArn: string,
): TargetState {
  const { deploymentId } = outcome;
  const isHeld = state.lock?.deploymentId === deploymentId && state.lock.executionArn === executionArn;
  const isQueued = state.queue.some((entry) => entry.deploymentId === deploymentId);
  if (!isHeld && !isQueued) {
    return state;
  }
  // Hosts that a converge leaves behind run no other release: a rollback does not mean them.
  const isMixed = isHeld && mixedEnds.includes(outcome.status) && admitted?.trigger !== 'converge';
  const freed = {
    ...withoutEntry(state, deploymentId),
    lock: isHeld ? null : state.lock,
    mixedBy: isMixed ? deploymentId : state.mixedBy,
  };
  const movesStable = isHeld && outcome.status === 'Succeeded' && !outcome.isDryRun && outcome.isWholeTarget;
  return movesStable && admitted !== undefined ? withStable(freed, admitted, outcome.endedAt) : freed;
}

function withStable(state: TargetState, admitted: AdmittedDeployment, at: string): TargetState {
  const { deploymentId, isRollback, release } = admitted;
  const last = state.stableHistory.at(-1);
  if (last?.release === release.number) {
    // Going back to what is stable already (a rollout was halted, or left a mix) is a rollback too.
    const marked = { ...last, confirmedAt: at, isRollback: last.isRollback || isRollback };
    return { ...state, mixedBy: null, stableHistory: [...state.stableHistory.slice(0, -1), marked] };
  }
  const entry = { release: release.number, releaseId: release.releaseId, deploymentId, at, isRollback };
  return { ...state, mixedBy: null, stableHistory: [...state.stableHistory, entry].slice(-maxStableHistory) };
}

/** Ends that may leave some hosts on the release and others not. */
const mixedEnds: readonly DeploymentOutcome['status'][] = ['Degraded', 'Halted', 'FailedDirty'];

/** Stable releases that are remembered: enough to name any that a host may still have. */
const maxStableHistory = 100;

function causeOf(outcome: DeploymentOutcome): string {
  const repairs = outcome.hosts.flatMap((host) => (host.repair === null ? [] : [`${host.name}: ${host.repair}`]));
  return [
    outcome.reason.text,
    ...(repairs.length === 0 ? [] : [`To repair: ${repairs.join('; ')}`]),
    `rollgate status ${outcome.deploymentId} shows every host. To run it again start a new execution with the same input; Redrive cannot help.`,
  ].join('\n');
}

export const handler = toHandler('finish-deployment', inputSchema, run);
