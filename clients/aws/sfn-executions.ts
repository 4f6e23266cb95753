import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ExecutionInfo, Executions } from '../ports.ts';
import { nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';

export interface SfnExecutionsOptions {
  readonly sfn: SFNClient;
  readonly call: Call;
  readonly stateMachineArn: string;
}

/** Characters that Step Functions takes for an error and for its cause. */
const maxErrorLength = 256;
const maxCauseLength = 32_768;

/** The task has ended without us: answered before, timed out, or its execution is gone. */
const goneTasks: readonly string[] = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

/** The state machine of the stage. */
export function createSfnExecutions({ sfn, call, stateMachineArn }: SfnExecutionsOptions): Executions {
  const arnOf = (name: string): string => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

  async function isTold(send: () => Promise<unknown>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (goneTasks.includes(nameOf(error))) {
        return false;
      }
      throw error;
    }
  }

  return {
    arnOf,
    async start(name, input) {
      try {
        const { executionArn } = await call('states:StartExecution', arnOf(name), (options) =>
          sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }), options),
        );
        return { kind: 'started', executionArn: executionArn ?? arnOf(name) };
      } catch (error) {
        if (nameOf(error) === 'ExecutionAlreadyExists') {
          return { kind: 'exists', executionArn: arnOf(name) };
        }
        throw error;
      }
    },
    async describe(executionArn) {
      try {
        const found = await call('states:DescribeExecution', executionArn, (options) =>
          sfn.send(new DescribeExecutionCommand({ executionArn }), options),
        );
        return toInfo(executionArn, found);
      } catch (error) {
        if (nameOf(error) === 'ExecutionDoesNotExist') {
          return undefined;
        }
        throw error;
      }
    },
    async stop(executionArn, error, cause) {
      const input = { executionArn, error: error.slice(0, maxErrorLength), cause: cause.slice(0, maxCauseLength) };
      await call('states:StopExecution', executionArn, (options) => sfn.send(new StopExecutionCommand(input), options));
    },
    taskSucceeded: (taskToken, output) =>
      isTold(() =>
        call('states:SendTaskSuccess', 'a waiting task', (options) =>
          sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }), options),
        ),
      ),
    taskFailed(taskToken, error, cause) {
      const input = { taskToken, error: error.slice(0, maxErrorLength), cause: cause.slice(0, maxCauseLength) };
      return isTold(() =>
        call('states:SendTaskFailure', 'a waiting task', (options) =>
          sfn.send(new SendTaskFailureCommand(input), options),
        ),
      );
    },
  };
}

function toInfo(executionArn: string, found: DescribeExecutionCommandOutput): ExecutionInfo {
  return {
    executionArn,
    name: found.name ?? executionArn.split(':').at(-1) ?? '',
    // A redrive that waits for its turn runs again.
    status: found.status === undefined || found.status === 'PENDING_REDRIVE' ? 'RUNNING' : found.status,
    startedAt: (found.startDate ?? new Date(0)).toISOString(),
    input: found.input ?? '{}',
    ...(found.stopDate === undefined ? {} : { stoppedAt: found.stopDate.toISOString() }),
    ...(found.error === undefined ? {} : { error: found.error }),
    ...(found.cause === undefined ? {} : { cause: found.cause }),
    ...(found.output === undefined ? {} : { output: found.output }),
  };
}
