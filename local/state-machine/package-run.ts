import { ExecutionError, StateMachine } from 'aws-local-stepfunctions';
import { orAborted } from './abortable.ts';
import type { LoweredMachine } from './lower.ts';

/** A run of the package: `result`, `eventLogs` and `abort`. */
export type PackageRun = ReturnType<StateMachine['run']>;

export function startRun(
  definition: LoweredMachine['definition'],
  input: unknown,
  context: Readonly<Record<string, unknown>>,
  handlers: Readonly<Record<string, (given: unknown) => Promise<unknown>>>,
): PackageRun {
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const overrides = { taskResourceLocalHandlers: handlers } as NonNullable<
    NonNullable<Parameters<StateMachine['run']>[1]>['overrides']
  >;
  return machine.run(input as Parameters<StateMachine['run']>[0], { context: { ...context }, overrides });
}

/** A payload template over an input and a context: what a Pass state makes of it. */
export async function evaluateTemplate(
  template: Readonly<Record<string, unknown>>,
  input: unknown,
  context: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<unknown> {
  const pass = { StartAt: 'Select', States: { Select: { Type: 'Pass', Parameters: template, End: true } } };
  try {
    return await orAborted(
      signal,
      startRun(pass as unknown as LoweredMachine['definition'], input, context, {}).result,
    );
  } catch (error) {
    throw error instanceof ExecutionError ? error.cause : error;
  }
}
