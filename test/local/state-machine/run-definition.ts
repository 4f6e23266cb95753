import type { Definition, State } from '../../../local/state-machine/definition.ts';
import {
  createExecutions,
  type ExecutionsOptions,
  type LocalExecutions,
} from '../../../local/state-machine/executions.ts';
import type { LocalFunction } from '../../../local/state-machine/run-task.ts';
import { createManualClock, type ManualClock } from '../../fakes/manual-clock.ts';

export interface Bench {
  readonly executions: LocalExecutions;
  readonly clock: ManualClock;
  /** Starts an execution and answers how it ended, with the states it visited. */
  run(input?: unknown): Promise<{ readonly status: string; readonly [field: string]: unknown }>;
}

/** An engine for one definition, in memory, with a clock that stands still. */
export async function givenMachine(
  definition: Definition | Readonly<Record<string, State>>,
  functions: Readonly<Record<string, LocalFunction>> = {},
  options: Partial<ExecutionsOptions> = {},
): Promise<Bench> {
  const clock = createManualClock();
  const whole = 'StartAt' in definition ? (definition as Definition) : machineOf(definition as Record<string, State>);
  const executions = await createExecutions({
    definition: whole,
    functions,
    service: 'payment',
    region: 'eu-west-1',
    clock,
    ...options,
  });
  let count = 0;
  return {
    executions,
    clock,
    async run(input = {}) {
      count += 1;
      const { executionArn } = await executions.start(`run-${count}`, input);
      const info = await executions.ended(executionArn);
      const visits = await executions.visits(executionArn);
      return {
        status: info?.status ?? 'none',
        ...(info?.output === undefined ? {} : { output: JSON.parse(info.output) }),
        ...(info?.error === undefined ? {} : { error: info.error }),
        ...(info?.cause === undefined ? {} : { cause: info.cause }),
        visited: visits.map((visit) => visit.state),
      };
    },
  };
}

export function machineOf(states: Readonly<Record<string, State>>): Definition {
  return { StartAt: Object.keys(states)[0] ?? '', States: states };
}

/** A Task as the committed definition writes it. */
export function lambda(functionName: string, more: Partial<State> = {}, payload: unknown = { 'input.$': '$' }): State {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: `\${${functionName}}`, Payload: payload },
    ...(more.Next === undefined ? { End: true } : {}),
    ...more,
  };
}

/** The same, waiting for its token. */
export function parked(functionName: string, more: Partial<State> = {}): State {
  const payload = { 'taskToken.$': '$$.Task.Token', 'input.$': '$' };
  return { ...lambda(functionName, more, payload), Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' };
}

export class NamedError extends Error {
  constructor(name: string, message = name) {
    super(message);
    this.name = name;
  }
}
