import type { Clock, ExecutionInfo, ExecutionStatus, Executions } from '../../clients/ports.ts';
import { arnOf } from '../given/deployment.ts';
import { type TellDeed, tellNobody } from './deeds.ts';

/** Step Functions in memory: what is started runs, until the test says how it is. */
export interface FakeExecutions extends Executions {
  /** By ARN. */
  readonly known: Map<string, ExecutionInfo>;
  givenExecution(executionArn: string, status: ExecutionStatus): void;
  /** Nobody waits for this token any more. */
  givenDeadToken(token: string): void;
}

/** `onStarted` is told of every new execution, before its start is answered. */
export function createFakeExecutions(
  clock: Pick<Clock, 'now'>,
  {
    tell = tellNobody,
    onStarted = () => undefined,
  }: { readonly tell?: TellDeed; readonly onStarted?: (info: ExecutionInfo) => void } = {},
): FakeExecutions {
  const known = new Map<string, ExecutionInfo>();
  const deadTokens = new Set<string>();
  const startedAt = (): string => new Date(clock.now()).toISOString();

  return {
    known,
    givenExecution: (executionArn, status) =>
      void known.set(executionArn, { executionArn, name: 'given', status, startedAt: startedAt(), input: '{}' }),
    givenDeadToken: (token) => void deadTokens.add(token),
    arnOf,
    async start(name, input) {
      tell(`start ${name} ${JSON.stringify(input)}`);
      const executionArn = arnOf(name);
      if (known.has(executionArn)) return { kind: 'exists', executionArn };
      const text = JSON.stringify(input);
      const info = { executionArn, name, status: 'RUNNING', startedAt: startedAt(), input: text } as const;
      known.set(executionArn, info);
      onStarted(info);
      return { kind: 'started', executionArn };
    },
    describe: async (executionArn) => known.get(executionArn),
    async stop() {},
    async taskSucceeded(token, output) {
      tell(`answer ${token} ${JSON.stringify(output)}`);
      return !deadTokens.has(token);
    },
    async taskFailed(token, error) {
      tell(`fail ${token} ${error}`);
      return !deadTokens.has(token);
    },
  };
}
