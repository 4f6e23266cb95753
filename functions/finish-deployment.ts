import * as z from 'zod';
import type { Ports } from '../clients/ports.ts';
import { stateAfterEnd } from '../core/lock/state-after-end.ts';
import type { Superseder } from '../core/lock/upload-order.ts';
import type { AdmittedDeployment, DeploymentOutcome, DeploymentPlan } from '../core/model/deployment-records.ts';
import { type ErrorName, errorNames, LockLostError, UnfinishedError } from '../core/model/errors.ts';
import { type Reason, reason } from '../core/model/reasons.ts';
import type { MachineError, RolloutFacts } from '../core/model/rollout-facts.ts';
import type { Lock } from '../core/model/target-state.ts';
import { decideNextWave } from '../core/rollout/decide/decide-next-wave.ts';
import { evaluateOutcome } from '../core/rollout/outcome/evaluate-outcome.ts';
import { deploymentIdOf } from '../ledger/keys.ts';
import { changeState, readState } from '../ledger/lock/target-state.ts';
import { readAdmitted, readFacts, readOutcome, readPlan, writeOutcomeOnce } from '../ledger/rollout/deployments.ts';
import { lockParkingName, pauseParkingName, unpark } from '../ledger/waiting/parked-tasks.ts';
import { recordEnd } from './converge/record-end.ts';
import { toHandler } from './runtime/handler.ts';
import { writeLine } from './runtime/log.ts';
import { machineError, machineErrorSchema } from './runtime/machine-error.ts';
import { wakeLockWaiters } from './waiting/wake.ts';

const supersederSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('upload'), versionId: z.string() }),
  z.object({
    kind: z.literal('person'),
    by: z.string(),
    deploymentId: z.string(),
    versionId: z.string(),
    isSame: z.boolean(),
  }),
  z.object({ kind: z.literal('rollback'), deploymentId: z.string() }),
]);

const inputSchema = z.object({
  executionArn: z.string(),
  startedAt: z.string(),
  state: machineErrorSchema.extend({
    deploymentId: z.string().optional(),
    next: z.string().optional(),
    by: supersederSchema.optional(),
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
 * LockLostError; and UnfinishedError if hosts are still half switched, so that the execution fails and repair takes over.
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
  const [admitted, plan, known] = await Promise.all([
    readAdmitted(ports, deploymentId),
    readPlan(ports, deploymentId),
    readOutcome(ports, deploymentId),
  ]);
  const outcome = known ?? (await conclude(input, { deploymentId, admitted, plan, held }, ports));
  // The stack counts these lines by their outcome; a retry of this step writes its own.
  writeLine('info', { function: 'finish-deployment', outcome: outcome.status, deploymentId });
  // Before the lock is free: the next holder finds on record what the hosts run.
  await recordEnd(ports, outcome, {
    executionArn: admitted?.executionArn ?? executionArn,
    state: before,
    admitted,
  });
  await changeState(ports, (current) => stateAfterEnd(current, { outcome, admitted, executionArn }));
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

interface Concluded {
  readonly deploymentId: string;
  /** Undefined if it ended before it was admitted. */
  readonly admitted: AdmittedDeployment | undefined;
  /** Undefined if it ended before it was planned. */
  readonly plan: DeploymentPlan | undefined;
  /** The lock, if the deployment holds it. */
  readonly held: Lock | null;
}

async function conclude(
  { executionArn, state }: FinishInput,
  { deploymentId, admitted, plan, held }: Concluded,
  ports: Ports,
): Promise<DeploymentOutcome> {
  const error = machineError(state.error) ?? machineError(state);
  const situation = { executionArn, isRepair: held?.purpose === 'repair', error };
  const facts =
    admitted === undefined || plan === undefined ? undefined : await readFacts(ports, { admitted, plan }, situation);
  const isDryRun = admitted?.isDryRun ?? false;
  const isWholeTarget = facts?.plan.isWholeTarget ?? false;
  const end = state.by === undefined ? endOf(facts, error, held) : superseded(state.by);
  const endedAt = new Date(ports.clock.now()).toISOString();
  return writeOutcomeOnce(ports, { deploymentId, ...end, endedAt, isDryRun, isWholeTarget, executionArn });
}

type End = Pick<DeploymentOutcome, 'status' | 'reason' | 'errorName' | 'hosts'>;

function superseded(by: Superseder): End {
  return {
    status: 'Superseded',
    reason: reasonToGiveWay(by),
    errorName: 'SupersededError',
    hosts: [],
  };
}

function reasonToGiveWay(by: Superseder): Reason {
  switch (by.kind) {
    case 'upload':
      return reason('newer-upload', by);
    case 'person':
      return reason('asked-since', by);
    case 'rollback':
      return reason('rollback-asked-for', by);
  }
}

function endOf(facts: RolloutFacts | undefined, error: MachineError | null, held: Lock | null): End {
  if (facts === undefined) {
    return { ...refusedEnd(error), status: 'FailedClean', hosts: [] };
  }
  const concluded = withoutLateHalt(facts);
  const next = facts.admitted.isDryRun ? 'finish' : decideNextWave(concluded).decision.kind;
  if (next !== 'finish' && (held?.repairs ?? 0) < maxRepairs) {
    throw new UnfinishedError(
      `${facts.admitted.deploymentId} can't end here: its next step is ${next}; a repair takes over`,
    );
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

function causeOf(outcome: DeploymentOutcome): string {
  const repairs = outcome.hosts.flatMap((host) => (host.repair === null ? [] : [`${host.name}: ${host.repair}`]));
  return [
    outcome.reason.text,
    ...(repairs.length === 0 ? [] : [`To repair: ${repairs.join('; ')}`]),
    `rollgate status ${outcome.deploymentId} shows every host. To run it again start a new execution with the same input; Redrive cannot help.`,
  ].join('\n');
}

export const handler = toHandler('finish-deployment', inputSchema, run);
