import { describe, expect, test } from 'vitest';
import type { HostCommand } from '../../core/model/host-commands.ts';
import { givenAws, json, jsonError } from './aws-endpoint.ts';

const instanceId = 'i-0123456789abcdef0';
const commandId = '11111111-2222-3333-4444-555555555555';
const command: HostCommand = {
  instanceId,
  document: 'activate',
  documentVersion: '7',
  documentHash: 'a'.repeat(64),
  comment: 'rollgate 1a2b',
  parameters: { service: 'payment', fence: '42' },
  deliverySeconds: 60,
};

const sha256 = (Hash: string) => ({ Hash, HashType: 'Sha256' });

describe('the documents', () => {
  test('are told with the version and hash that are the default now', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ body }) =>
      json({
        Document: { Name: JSON.parse(body).Name, DocumentVersion: '7', DefaultVersion: '7', ...sha256('abc') },
      }),
    );

    expect((await ports.commands.documents()).settle).toEqual({
      name: 'rollgate-payment-prod-settle',
      version: '7',
      hash: 'abc',
    });
    expect(aws.requests.map(({ body }) => body).toSorted()).toEqual(
      ['activate', 'install', 'settle', 'verify'].map((kind) =>
        JSON.stringify({ Name: `rollgate-payment-prod-${kind}` }),
      ),
    );
  });

  test('are never told with the hash of another version', async () => {
    const { aws, ports } = await givenAws();
    aws.answer(({ body }) => {
      const version = JSON.parse(body).DocumentVersion ?? '8';
      return json({ Document: { DocumentVersion: version, DefaultVersion: '7', ...sha256(`hash of ${version}`) } });
    });

    expect((await ports.commands.documents()).verify).toMatchObject({ version: '7', hash: 'hash of 7' });
  });

  test.each([
    ['is not there', jsonError('InvalidDocument', 'no'), 'InvalidDeploymentError', /does not exist: deploy the stack/],
    [
      'has no hash',
      json({ Document: { DocumentVersion: '1', DefaultVersion: '1' } }),
      'InvalidDeploymentError',
      /no version with a SHA-256/,
    ],
    ['is being written', json({ Document: { Status: 'Updating' } }), 'TransientAwsError', /being written/],
  ])('one of which %s are an error that names it', async (_, answer, name, message) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(answer);

    await expect(ports.commands.documents()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});

describe('a command', () => {
  test('is sent to one host with the document that the plan has pinned', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(json({ Command: { CommandId: commandId } }));

    expect(await ports.commands.send(command)).toEqual({ kind: 'sent', commandId });
    expect(aws.requests.map(({ body }) => JSON.parse(body))).toEqual([
      {
        InstanceIds: [instanceId],
        DocumentName: 'rollgate-payment-prod-activate',
        DocumentVersion: '7',
        DocumentHash: 'a'.repeat(64),
        DocumentHashType: 'Sha256',
        Comment: 'rollgate 1a2b',
        TimeoutSeconds: 60,
        Parameters: { service: ['payment'], fence: ['42'] },
      },
    ]);
  });

  test.each([
    ['whose answer was lost', 'lost' as const],
    ['whose answer broke off', 'cut' as const],
    ['that a failing service may have taken', jsonError('InternalServerError', 'oops', 500)],
    ['that a gateway may have passed on', jsonError('ServiceUnavailable', 'busy', 503)],
  ])('%s is not sent again, but looked for by the caller', async (_, reply) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(reply);

    await expect(ports.commands.send(command)).rejects.toMatchObject({
      name: 'TransientAwsError',
      message: expect.stringMatching(/^ssm:SendCommand on i-0123456789abcdef0 did not succeed \(/),
    });
    expect(aws.actions()).toEqual(['SendCommand']);
  });

  test('that was throttled did nothing, and is sent again', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(
      jsonError('ThrottlingException', 'Rate exceeded'),
      jsonError('RequestLimitExceeded', 'Rate exceeded', 503),
      json({ Command: { CommandId: commandId } }),
    );

    expect(await ports.commands.send(command)).toEqual({ kind: 'sent', commandId });
    expect(aws.actions()).toEqual(['SendCommand', 'SendCommand', 'SendCommand']);
  });

  test('that stays throttled is a TransientAwsError', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(jsonError('ThrottlingException', 'Rate exceeded'));

    await expect(ports.commands.send(command)).rejects.toMatchObject({
      name: 'TransientAwsError',
      message: expect.stringMatching(/after 4 attempts \(ThrottlingException: Rate exceeded\)/),
    });
  });

  test('has a connection of its own: one that is kept may be dead, which looks like a lost answer', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(json({ Command: { CommandId: commandId } }));

    await ports.commands.invocation(commandId, instanceId);
    await ports.commands.invocation(commandId, instanceId);
    expect(aws.connections).toBe(1);

    await ports.commands.send(command);
    await ports.commands.send(command);
    expect(aws.connections).toBe(3);
  });

  test.each([
    [
      'InvalidInstanceId',
      'Instances not in a valid state for account',
      { why: 'unreachable', reason: 'InvalidInstanceId: Instances not in a valid state for account' },
    ],
    [
      'AccessDeniedException',
      'User: arn:x is not authorized to perform: ssm:SendCommand',
      {
        why: 'denied',
        reason:
          'the host must carry the tag rollgate:payment=prod; ssm:SendCommand on i-0123456789abcdef0 was denied (AccessDeniedException: User: arn:x is not authorized to perform: ssm:SendCommand): the role must allow it, and no policy of the resource forbid it',
      },
    ],
    ['UnsupportedPlatformType', 'Windows', { why: 'wrong-platform', reason: 'UnsupportedPlatformType: Windows' }],
  ])('that SSM refuses with %s is a refusal of this host', async (name, message, refusal) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(jsonError(name, message));

    expect(await ports.commands.send(command)).toEqual({ kind: 'refused', ...refusal });
    expect(aws.requests).toHaveLength(1);
  });

  test.each(['InvalidDocumentVersion', 'InvalidDocument', 'InvalidParameters'])(
    'that SSM refuses with %s is an error under its own name: it says nothing of the host',
    async (name) => {
      const { aws, ports } = await givenAws();
      aws.answerInTurn(jsonError(name, 'no'));

      await expect(ports.commands.send(command)).rejects.toMatchObject({ name });
    },
  );
});

describe('the invocation of a command', () => {
  test.each(['InvocationDoesNotExist', 'InvalidCommandId'])(
    'that SSM answers with %s is not known yet',
    async (name) => {
      const { aws, ports } = await givenAws();
      aws.answerInTurn(jsonError(name, ''));

      expect(await ports.commands.invocation(commandId, instanceId)).toBeUndefined();
      expect(JSON.parse(aws.requests[0]?.body ?? '')).toEqual({ CommandId: commandId, InstanceId: instanceId });
    },
  );

  test('is told with its output', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(
      json({
        CommandId: commandId,
        InstanceId: instanceId,
        Status: 'Success',
        StatusDetails: 'Success',
        ResponseCode: 0,
        StandardOutputContent: '{"schema":1}',
        StandardErrorContent: 'narration',
      }),
    );

    expect(await ports.commands.invocation(commandId, instanceId)).toEqual({
      commandId,
      instanceId,
      status: 'Success',
      statusDetails: 'Success',
      responseCode: 0,
      stdout: '{"schema":1}',
      stderr: 'narration',
    });
  });

  test.each([
    ['Failed', 'Undeliverable', 'Failed', 'Undeliverable'],
    ['TimedOut', 'Delivery Timed Out', 'TimedOut', 'DeliveryTimedOut'],
    ['Failed', 'Access Denied', 'Failed', 'AccessDenied'],
    ['In Progress', 'In Progress', 'InProgress', 'InProgress'],
    ['Cancelling', 'Cancelling', 'Cancelling', 'Cancelling'],
  ])('%s, %s is told without spaces', async (Status, StatusDetails, status, statusDetails) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(json({ Status, StatusDetails, ResponseCode: -1 }));

    expect(await ports.commands.invocation(commandId, instanceId)).toEqual({
      commandId,
      instanceId,
      status,
      statusDetails,
      responseCode: -1,
      stdout: '',
      stderr: '',
    });
  });
});

describe('a command whose answer was lost', () => {
  const listed = (CommandId: string, Comment: string, InstanceIds: readonly string[]) => ({
    CommandId,
    Comment,
    InstanceIds,
  });

  test('is found by its comment on any page, on its own host, also while no host has heard of it', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(
      json({ Commands: [listed('other', 'rollgate 9', [instanceId])], NextToken: 'more' }),
      json({
        Commands: [listed('elsewhere', command.comment, ['i-0f']), listed(commandId, command.comment, [instanceId])],
      }),
    );

    expect(await ports.commands.find(instanceId, command.comment)).toBe(commandId);
    const [first, second] = aws.requests.map(({ body }) => JSON.parse(body));
    expect(first).toEqual({ Filters: [{ key: 'InvokedAfter', value: expect.any(String) }], MaxResults: 50 });
    expect(second).toEqual({ ...first, NextToken: 'more' });
    const hoursBack = (Date.now() - Date.parse(first.Filters[0].value)) / 3_600_000;
    expect(hoursBack).toBeGreaterThan(1.9);
    expect(hoursBack).toBeLessThan(2.1);
  });

  test('is undefined where no page has it', async () => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(json({ Commands: [], NextToken: 'more' }), json({ Commands: [], NextToken: '' }));

    expect(await ports.commands.find(instanceId, command.comment)).toBeUndefined();
    expect(aws.requests).toHaveLength(2);
  });
});

test.each(['InvalidCommandId', 'InvalidInstanceId'])(
  'cancelling what SSM answers with %s is no error',
  async (name) => {
    const { aws, ports } = await givenAws();
    aws.answerInTurn(jsonError(name, ''));

    await ports.commands.cancel(commandId, instanceId);

    expect(JSON.parse(aws.requests[0]?.body ?? '')).toEqual({ CommandId: commandId, InstanceIds: [instanceId] });
  },
);
