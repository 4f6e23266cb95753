import { expect, test } from 'vitest';
import { givenAws, json, jsonError } from './aws-endpoint.ts';

const machine = 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod';
const executionArn = 'arn:aws:states:eu-west-1:123456789012:execution:rollgate-payment-prod:upload-1';

test('an execution is started under its name, and its ARN is known before', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(json({ executionArn, startDate: 1_795_380_300 }));

  expect(ports.executions.arnOf('upload-1')).toBe(executionArn);
  expect(await ports.executions.start('upload-1', { upload: 'v1' })).toEqual({ kind: 'started', executionArn });
  expect(JSON.parse(aws.requests[0]?.body ?? '')).toEqual({
    stateMachineArn: machine,
    name: 'upload-1',
    input: '{"upload":"v1"}',
  });
});

test('a start whose answer was lost is repeated: name and input make it the same one', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn('lost', json({ executionArn }));

  expect((await ports.executions.start('upload-1', {})).kind).toBe('started');
  expect(aws.requests[1]?.body).toBe(aws.requests[0]?.body);
});

test('a name that was used before exists', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(jsonError('ExecutionAlreadyExists', 'Execution Already Exists'));

  expect(await ports.executions.start('upload-1', {})).toEqual({ kind: 'exists', executionArn });
});

test('more executions than the account may have is trouble that passes', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(jsonError('ExecutionLimitExceeded', 'too many'));

  await expect(ports.executions.start('upload-1', {})).rejects.toMatchObject({ name: 'TransientAwsError' });
});

test('an execution is told with how it ended', async () => {
  const { aws, ports } = await givenAws();
  const startDate = Date.parse('2026-11-22T20:45:00Z') / 1000;
  aws.answerInTurn(
    json({
      executionArn,
      stateMachineArn: machine,
      name: 'upload-1',
      status: 'FAILED',
      startDate,
      input: '{}',
      stopDate: startDate + 60,
      error: 'RolledBack',
      cause: 'why',
    }),
    json({ executionArn, status: 'PENDING_REDRIVE', startDate, input: '{}', output: '{"a":1}' }),
  );

  expect(await ports.executions.describe(executionArn)).toEqual({
    executionArn,
    name: 'upload-1',
    status: 'FAILED',
    input: '{}',
    error: 'RolledBack',
    cause: 'why',
    startedAt: '2026-11-22T20:45:00.000Z',
    stoppedAt: '2026-11-22T20:46:00.000Z',
  });
  expect(await ports.executions.describe(executionArn)).toMatchObject({
    name: 'upload-1',
    status: 'RUNNING',
    output: '{"a":1}',
  });
});

test('an execution that Step Functions does not know is unknown', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(jsonError('ExecutionDoesNotExist', 'Execution Does Not Exist'));

  expect(await ports.executions.describe(executionArn)).toBeUndefined();
});

test('what stops an execution or fails a task is cut to what Step Functions takes', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(json({}));

  await ports.executions.stop(executionArn, 'e'.repeat(300), 'c'.repeat(40_000));
  expect(await ports.executions.taskFailed('token', 'e'.repeat(300), 'c'.repeat(40_000))).toBe(true);

  const cut = { error: 'e'.repeat(256), cause: 'c'.repeat(32_768) };
  expect(aws.requests.map(({ action, body }) => [action, JSON.parse(body)])).toEqual([
    ['StopExecution', { executionArn, ...cut }],
    ['SendTaskFailure', { taskToken: 'token', ...cut }],
  ]);
});

test('a task is told its result', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(json({}));

  expect(await ports.executions.taskSucceeded('token', { status: 'done' })).toBe(true);
  expect(JSON.parse(aws.requests[0]?.body ?? '')).toEqual({ taskToken: 'token', output: '{"status":"done"}' });
});

test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
  'a task that is gone (%s) is not told',
  async (name) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(jsonError(name, 'gone'));

    expect(await ports.executions.taskSucceeded('token', {})).toBe(false);
    expect(await ports.executions.taskFailed('token', 'e', 'c')).toBe(false);
  },
);

test('a task that Step Functions can not take now is an error, never told and never gone', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(jsonError('ServiceUnavailable', 'busy', 503));

  await expect(ports.executions.taskSucceeded('secret-token', {})).rejects.toMatchObject({
    name: 'TransientAwsError',
    message: expect.not.stringContaining('secret-token'),
  });
});
