import { afterEach, expect, test, vi } from 'vitest';
import { createAwsPorts } from '../../clients/aws/aws-ports.ts';
import type { HostCommand } from '../../core/model/host-commands.ts';
import { givenAws, json, jsonError, s3Error, settings, startEndpoint } from './aws-endpoint.ts';

const command: HostCommand = {
  instanceId: 'i-0',
  document: 'verify',
  documentVersion: '1',
  documentHash: 'a',
  comment: 'c',
  parameters: {},
  deliverySeconds: 30,
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the stage is told as it was set', async () => {
  const { ports } = await givenAws();

  expect(ports.stage).toMatchObject({
    service: 'payment',
    name: 'prod',
    region: 'eu-west-1',
    kind: 'aws',
    stateBucket: 'state',
    artifactBucket: 'builds',
  });
});

test('a call under way ends with the signal of the work at hand, as trouble that passes', async () => {
  const work = new AbortController();
  const { aws, ports } = await givenAws(() => work.signal);
  aws.answerInTurn('silent');
  const reading = ports.ledger.read('a.json');
  await expect.poll(() => aws.requests.length).toBe(1);

  work.abort();

  await expect(reading).rejects.toMatchObject({
    name: 'TransientAwsError',
    message: 's3:GetObject on s3://state/a.json was ended before its answer came; what it asked for may have happened',
  });
  await expect.poll(() => aws.abandoned).toBe(1);
});

test('after the signal nothing is asked of any service any more', async () => {
  const { aws, ports } = await givenAws(() => AbortSignal.abort());
  aws.answerInTurn(json({}));

  const calls = [
    () => ports.ledger.read('a'),
    () => ports.ledger.create('a', 'x'),
    () => ports.ledger.put('a', 'x'),
    () => ports.ledger.remove('a'),
    () => ports.ledger.list('a'),
    () => ports.artifacts.versions(),
    () => ports.artifacts.read('v'),
    () => ports.artifacts.copyToLedger('v', 'k'),
    () => ports.artifacts.readCopy('k'),
    () => ports.artifacts.upload(new Uint8Array()),
    () => ports.inventory.hosts({ Service: 'payment' }),
    () => ports.commands.documents(),
    () => ports.commands.document('inspect'),
    () => ports.commands.send(command),
    () => ports.commands.find('i-0', 'c'),
    () => ports.commands.invocation('c', 'i-0'),
    () => ports.commands.cancel('c', 'i-0'),
    () => ports.executions.start('n', {}),
    () => ports.executions.describe('arn'),
    () => ports.executions.stop('arn', 'e', 'c'),
    () => ports.executions.taskSucceeded('t', {}),
    () => ports.executions.taskFailed('t', 'e', 'c'),
    () => ports.clock.wait(60_000),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ name: 'TransientAwsError' });
  }
  expect(aws.requests).toEqual([]);
});

test('backoff ends with the signal too', async () => {
  const work = new AbortController();
  const { aws, ports } = await givenAws(() => work.signal);
  vi.mocked(Math.random).mockReturnValue(0.99);
  aws.answerInTurn(jsonError('ThrottlingException', 'Rate exceeded'));
  const describing = ports.executions.describe('arn:aws:states:eu-west-1:123456789012:execution:m:n');
  await expect.poll(() => aws.requests.length).toBe(1);

  work.abort();

  await expect(describing).rejects.toMatchObject({ name: 'TransientAwsError' });
  expect(aws.requests).toHaveLength(1);
});

test('an answer that never comes is asked for again, but not that of a command, which may have been taken', async () => {
  const { aws } = await givenAws();
  const ports = createAwsPorts(settings, { endpoint: aws.url, silenceMilliseconds: 100 });
  const lost = { name: 'TransientAwsError', message: expect.stringMatching(/TimeoutError/) };
  aws.answerInTurn('silent', s3Error(404, 'NoSuchKey'));
  expect(await ports.ledger.read('a.json')).toBeUndefined();

  aws.answerInTurn('silent');
  await expect(ports.commands.send(command)).rejects.toMatchObject(lost);
  expect(aws.actions()).toEqual(['GET', 'GET', 'SendCommand']);
  await expect(ports.commands.invocation('c', 'i-0')).rejects.toMatchObject(lost);
  expect(aws.requests).toHaveLength(3 + 4);
});

test('a service that nobody can reach is trouble that passes', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const ports = createAwsPorts(settings, { endpoint: 'http://127.0.0.1:1' });

  await expect(ports.executions.describe('arn:x')).rejects.toMatchObject({
    name: 'TransientAwsError',
    message: expect.stringMatching(/^states:DescribeExecution on arn:x did not succeed after 4 attempts \(/),
  });
});

test('AWS_ENDPOINT_URL leads to an emulator without being told in code, with the bucket in the path', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const aws = await startEndpoint();
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  aws.answerInTurn(s3Error(404, 'NoSuchKey'));

  expect(await createAwsPorts(settings).ledger.read('a.json')).toBeUndefined();

  expect(aws.requests[0]?.path).toBe('/state/a.json');
});

test('what AWS does not name as trouble that passes stays as it is', async () => {
  const { aws, ports } = await givenAws();
  aws.answerInTurn(jsonError('StateMachineDoesNotExist', 'no such machine'));

  await expect(ports.executions.start('n', {})).rejects.toMatchObject({
    name: 'StateMachineDoesNotExist',
    message: 'no such machine',
  });
  expect(aws.requests).toHaveLength(1);
});
