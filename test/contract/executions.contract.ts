import { expect } from 'vitest';
import type { ExecutionInfo, Ports } from '../../clients/ports.ts';
import { deadline, until } from '../../local/hosts/until.ts';
import { type BackEnd, failingInput, succeedingInput, waitingInput } from './back-end.ts';
import { contract } from './contract-test.ts';

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function executionsContract(backEnd: BackEnd): void {
  contract('executions', backEnd, (contractTest) => {
    contractTest('the ARN of an execution is known before it starts', ['executions'], async ({ ports }) => {
      const expected = ports.executions.arnOf('d-1');

      const started = await ports.executions.start('d-1', succeedingInput);

      expect(started).toEqual({ kind: 'started', executionArn: expected });
    });

    contractTest('an execution that nobody started is not known', [], async ({ ports: { executions } }) => {
      expect(await executions.describe(executions.arnOf('d-9'))).toBeUndefined();
    });

    contractTest('an execution that succeeded says so', ['executions'], async ({ ports }) => {
      const { executionArn } = await ports.executions.start('d-1', succeedingInput);

      const ended = await endOf(ports, executionArn);
      expect(ended).toEqual({
        executionArn,
        name: 'd-1',
        status: 'SUCCEEDED',
        startedAt: expect.stringMatching(moment),
        stoppedAt: expect.stringMatching(moment),
        input: JSON.stringify(succeedingInput),
        output: expect.any(String),
      });
      expect(JSON.parse(ended.output ?? '')).toEqual(succeedingInput);
    });

    contractTest('an execution that failed says its error and cause', ['executions'], async ({ ports }) => {
      const { executionArn } = await ports.executions.start('d-1', failingInput);

      expect(await endOf(ports, executionArn)).toMatchObject({
        status: 'FAILED',
        error: 'GateFailedError',
        cause: 'a host did not answer',
      });
    });

    contractTest(
      'a name with the same input is the running execution',
      ['executions', 'sameExecution'],
      async ({ ports: { executions }, tokenOf }) => {
        const first = await executions.start('d-1', waitingInput);
        await tokenOf(first.executionArn);

        expect(await executions.start('d-1', waitingInput)).toEqual(first);
      },
    );

    contractTest('a name with another input exists', ['executions'], async ({ ports: { executions }, tokenOf }) => {
      const { executionArn } = await executions.start('d-1', { ...waitingInput, more: 1 });
      await tokenOf(executionArn);

      expect(await executions.start('d-1', { ...waitingInput, more: 2 })).toEqual({ kind: 'exists', executionArn });
    });

    contractTest('a name of an execution that ended exists, whatever the input', ['executions'], async ({ ports }) => {
      const { executionArn } = await ports.executions.start('d-1', succeedingInput);
      await endOf(ports, executionArn);

      expect(await ports.executions.start('d-1', succeedingInput)).toEqual({ kind: 'exists', executionArn });
      expect(await ports.executions.start('d-1', failingInput)).toEqual({ kind: 'exists', executionArn });
    });

    contractTest('a stopped execution says who stopped it', ['executions', 'stopExecution'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      await bench.tokenOf(executionArn);
      await executions.stop(executionArn, 'HaltedError', 'ann said halt');

      expect(await endOf(bench.ports, executionArn)).toMatchObject({
        status: 'ABORTED',
        error: 'HaltedError',
        cause: 'ann said halt',
      });
      await executions.stop(executionArn, 'HaltedError', 'once more');
      expect((await executions.describe(executionArn))?.cause).toBe('ann said halt');
    });

    contractTest(
      'the token of a stopped execution is gone',
      ['executions', 'tokenOfStopped'],
      async ({ ports: { executions }, tokenOf }) => {
        const { executionArn } = await executions.start('d-1', waitingInput);
        const token = await tokenOf(executionArn);
        await executions.stop(executionArn, 'HaltedError', 'ann said halt');

        expect(await executions.taskSucceeded(token, {})).toBe(false);
        expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(false);
      },
    );

    contractTest('a task goes on with the output of its token', ['executions'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);

      expect(await executions.taskSucceeded(token, { status: 'ok', text: 'ü€' })).toBe(true);

      const ended = await endOf(bench.ports, executionArn);
      expect(ended.status).toBe('SUCCEEDED');
      expect(JSON.parse(ended.output ?? '')).toEqual({ status: 'ok', text: 'ü€' });
    });

    contractTest('a task fails by its token', ['executions'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);

      expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(true);

      expect(await endOf(bench.ports, executionArn)).toMatchObject({ status: 'FAILED', error: 'HostLost' });
    });

    contractTest('an execution whose task failed says the cause', ['executions', 'causeOfFailure'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      await executions.taskFailed(await bench.tokenOf(executionArn), 'HostLost', 'no answer');

      expect((await endOf(bench.ports, executionArn)).cause).toBe('no answer');
    });

    contractTest('a token counts once', ['executions', 'tokenOnce'], async (bench) => {
      const { executions } = bench.ports;
      const { executionArn } = await executions.start('d-1', waitingInput);
      const token = await bench.tokenOf(executionArn);
      await executions.taskSucceeded(token, {});
      await endOf(bench.ports, executionArn);

      expect(await executions.taskSucceeded(token, {})).toBe(false);
      expect(await executions.taskFailed(token, 'HostLost', 'no answer')).toBe(false);
    });

    contractTest('a token that never was is no error', ['executions'], async ({ ports: { executions } }) => {
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
    deadline(60),
  );
  if (info === undefined) throw new Error(`${executionArn} is not known`);
  return info;
}
