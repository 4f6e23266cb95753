import { expect } from 'vitest';
import type { ExecutionInfo, Ports } from '../../clients/ports.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import { type BackEnd, failingInput, succeedingInput, waitingInput } from './back-end.ts';
import { contract } from './contract-test.ts';

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function executionsContract(backEnd: BackEnd): void {
  contract('executions', backEnd, (contractTest) => {
    contractTest('the ARN of an execution is known before it starts', ['runExecutions'], async ({ ports }) => {
      const expected = ports.executions.arnOf('d-1');

      const started = await ports.executions.start('d-1', succeedingInput);

      expect(started).toEqual({ kind: 'started', executionArn: expected });
    });

    contractTest('an execution that nobody started is not known', [], async ({ ports: { executions } }) => {
      expect(await executions.describe(executions.arnOf('d-9'))).toBeUndefined();
    });

    contractTest('an execution that succeeded says so', ['runExecutions'], async ({ ports }) => {
      const { executionArn } = await ports.executions.start('d-1', succeedingInput);

      expect(await endOf(ports, executionArn)).toEqual({
        executionArn,
        name: 'd-1',
        status: 'SUCCEEDED',
        startedAt: expect.stringMatching(moment),
        stoppedAt: expect.stringMatching(moment),
        input: JSON.stringify(succeedingInput),
        output: JSON.stringify(succeedingInput),
      });
    });

    contractTest('an execution that failed says its error and cause', ['runExecutions'], async ({ ports }) => {
      const { executionArn } = await ports.executions.start('d-1', failingInput);

      expect(await endOf(ports, executionArn)).toMatchObject({
        status: 'FAILED',
        error: 'GateFailedError',
        cause: 'a host did not answer',
      });
    });

    contractTest(
      'a name with the same input is the running execution; with another it exists',
      ['taskTokens', 'executionNames'],
      async (bench) => {
        const { executions } = bench.ports;
        const first = await executions.start('d-1', { ...waitingInput, more: 1 });
        await bench.tokenOf(first.executionArn);

        const same = await executions.start('d-1', { ...waitingInput, more: 1 });
        const other = await executions.start('d-1', { ...waitingInput, more: 2 });

        expect([first, same]).toEqual(Array(2).fill({ kind: 'started', executionArn: executions.arnOf('d-1') }));
        expect(other).toEqual({ kind: 'exists', executionArn: executions.arnOf('d-1') });
      },
    );

    contractTest(
      'a name of an execution that ended exists, whatever the input',
      ['runExecutions', 'executionNames'],
      async ({ ports }) => {
        const { executionArn } = await ports.executions.start('d-1', succeedingInput);
        await endOf(ports, executionArn);

        expect(await ports.executions.start('d-1', succeedingInput)).toEqual({ kind: 'exists', executionArn });
        expect(await ports.executions.start('d-1', failingInput)).toEqual({ kind: 'exists', executionArn });
      },
    );

    contractTest('a stopped execution says who stopped it', ['taskTokens', 'stopExecution'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);
      await executions.stop(executionArn, 'HaltedError', 'ann said halt');

      expect(await endOf(bench.ports, executionArn)).toMatchObject({
        status: 'ABORTED',
        error: 'HaltedError',
        cause: 'ann said halt',
      });
      await executions.stop(executionArn, 'HaltedError', 'once more');
      expect(await executions.taskSucceeded(token, {})).toBe(false);
    });

    contractTest('a task goes on with the output of its token', ['taskTokens'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);

      expect(await executions.taskSucceeded(token, { status: 'ok', text: 'ü€' })).toBe(true);

      const ended = await endOf(bench.ports, executionArn);
      expect(ended.status).toBe('SUCCEEDED');
      expect(JSON.parse(ended.output ?? '')).toEqual({ status: 'ok', text: 'ü€' });
    });

    contractTest('a task fails by its token', ['taskTokens'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);

      expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(true);

      expect(await endOf(bench.ports, executionArn)).toMatchObject({
        status: 'FAILED',
        error: 'HostLost',
        cause: 'no answer',
      });
    });

    contractTest('a token counts once', ['taskTokens', 'goneTokens'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);
      await executions.taskSucceeded(token, {});
      await endOf(bench.ports, executionArn);

      expect(await executions.taskSucceeded(token, {})).toBe(false);
      expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(false);
    });

    contractTest('a token that never was is no error', ['goneTokens'], async ({ ports: { executions } }) => {
      const token = 'bm8gc3VjaCB0b2tlbg=='.repeat(8);

      expect(await executions.taskSucceeded(token, {})).toBe(false);
      expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(false);
    });
  });
}

async function endOf(ports: Ports, executionArn: string): Promise<ExecutionInfo> {
  let info: ExecutionInfo | undefined;
  await until(
    `${executionArn} has ended`,
    async () => {
      info = await ports.executions.describe(executionArn);
      return info !== undefined && info.status !== 'RUNNING';
    },
    deadline(10),
  );
  if (info === undefined) throw new Error(`${executionArn} is not known`);
  return info;
}
