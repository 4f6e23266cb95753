import type { ExecutionInfo } from '../../../../clients/ports.ts';

/** When nothing goes on any more, no execution runs. */
export function executionsAreOver(executions: readonly ExecutionInfo[]): readonly string[] {
  return executions
    .filter(({ status }) => status === 'RUNNING')
    .map(({ name, input }) => `the execution ${name} still runs at the end; it was started with ${input}`);
}
