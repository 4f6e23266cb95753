import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { StageDirectory } from '../../clients/aws/aws-settings.ts';
import { readStageDirectory } from '../../clients/aws/stage-directory.ts';
import { startMiniStack } from './ministack.ts';
import { startMoto } from './moto.ts';
import { useEmulator } from './use-emulator.ts';

const address = { service: 'payment', stage: 'prod' };
const Name = '/rollgate/payment/prod';
const directory: StageDirectory = {
  ...address,
  region: 'eu-west-1',
  accountId: '123456789012',
  stateBucket: 'rollgate-payment-prod-state-123456789012-eu-west-1',
  artifactBucket: 'roboshop-builds',
  artifactKey: 'payment.zip',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod',
  version: '0.1.0',
};

describe.each([
  ['MiniStack', startMiniStack],
  ['moto', startMoto],
] as const)('the stage directory on %s', (_, start) => {
  const emulator = useEmulator(start);
  let ssm: SSMClient;

  beforeEach(() => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ENDPOINT_URL', emulator().endpoint);
    ssm = new SSMClient({});
  });

  afterEach(() => ssm.destroy());

  const put = (Value: string) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));

  test('it is what the stack wrote last', async () => {
    await put('{}');
    await put(JSON.stringify(directory));

    expect(await readStageDirectory(address)).toEqual(directory);
  });

  test('a stage that was removed is told by its name', async () => {
    await put(JSON.stringify(directory));
    await ssm.send(new DeleteParameterCommand({ Name }));

    await expect(readStageDirectory(address)).rejects.toMatchObject({
      name: 'StageAccessError',
      message: `there is no stage prod of payment in eu-west-1 of this account (no parameter ${Name})`,
    });
  });

  test('one that says something else names its fields', async () => {
    await put(JSON.stringify({ ...directory, accountId: 123456789012 }));

    await expect(readStageDirectory(address)).rejects.toMatchObject({
      name: 'StageAccessError',
      message: expect.stringContaining(`${Name}: accountId: must be an account id`),
    });
  });
});
