import { StateMachine } from 'aws-local-stepfunctions';

/**
 * A failed state: `name` is the Error and `message` the Cause of the Amazon States Language. The package reads
 * `isCatchable` of whatever was thrown.
 */
export class StateError extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(name: string, cause: string, options: { readonly isFinal?: boolean } = {}) {
    super(cause);
    this.name = name;
    this.isRetryable = !options.isFinal;
    this.isCatchable = !options.isFinal;
  }
}

/** Nothing catches these: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const finalNames: readonly string[] = ['States.Runtime', 'States.DataLimitExceeded'];

/** Any thrown value as the failure of a state; a name that nothing may catch stays uncaught. */
export function stateError(name: string, cause: string): StateError {
  return new StateError(name, cause, { isFinal: finalNames.includes(name) });
}

/** Definition and data don't fit: always ends the execution. */
export function runtimeError(cause: string): StateError {
  return stateError('States.Runtime', cause);
}

/** The execution, or the Map iteration, was stopped: neither Retry nor Catch may see it. */
export function abortedError(): StateError {
  return new StateError('Aborted', 'the execution was stopped', { isFinal: true });
}

/** Most bytes that a state's input or output may have, as UTF-8 JSON. */
export const maxStateBytes = 262_144;

/** A copy of a value as it looks after its way through JSON; throws States.DataLimitExceeded above 256 KiB. */
export function asStateData(value: unknown, what: string): unknown {
  const text = JSON.stringify(value) ?? 'null';
  if (Buffer.byteLength(text) > maxStateBytes) {
    throw stateError('States.DataLimitExceeded', `${what} is larger than ${maxStateBytes} bytes`);
  }
  return JSON.parse(text);
}

/** What Lambda makes of a thrown value: its class is the Error, a JSON text the Cause. */
export function lambdaError(thrown: unknown): StateError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const trace = (error.stack ?? '').split('\n').slice(0, 12);
  return stateError(
    error.name,
    JSON.stringify({ errorMessage: error.message.slice(0, 20_000), errorType: error.name, trace }),
  );
}

export type TimeoutName = 'States.Timeout' | 'States.HeartbeatTimeout';

let timeoutClass: Promise<new () => Error> | undefined;

/**
 * Makes timeouts that `States.TaskFailed` does not match. The package exempts its own timeout class alone, and does
 * not export it; so one is provoked, once per process, and its class used.
 */
export async function loadTimeoutErrors(): Promise<(name: TimeoutName) => Error> {
  timeoutClass ??= provokeTimeout();
  const Timeout = await timeoutClass;
  return (name) => Object.assign(new Timeout(), { name, message: '' });
}

async function provokeTimeout(): Promise<new () => Error> {
  const machine = new StateMachine(
    { StartAt: 'Sleep', States: { Sleep: { Type: 'Task', Resource: 'none', TimeoutSeconds: 0.001, End: true } } },
    { validationOptions: { noValidate: true } },
  );
  const handlers = { Sleep: () => new Promise<never>(() => undefined) };
  const thrown: unknown = await machine
    .run({}, { overrides: { taskResourceLocalHandlers: handlers } })
    .result.catch((error: unknown) => error);
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (!(cause instanceof Error) || cause.name !== 'States.Timeout') {
    throw new Error('aws-local-stepfunctions answers a timeout otherwise than version 3 does', { cause: thrown });
  }
  return cause.constructor as new () => Error;
}
