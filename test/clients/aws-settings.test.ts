import { expect, test } from 'vitest';
import { parseStageDirectory, settingsFromEnvironment } from '../../clients/aws/aws-settings.ts';
import { settings } from './aws-endpoint.ts';

const environment = {
  ROLLGATE_SERVICE: 'payment',
  ROLLGATE_STAGE: 'prod',
  AWS_REGION: 'eu-west-1',
  ROLLGATE_STATE_BUCKET: 'state',
  ROLLGATE_ARTIFACT_BUCKET: 'builds',
  ROLLGATE_ARTIFACT_KEY: 'payment.zip',
  ROLLGATE_STATE_MACHINE_ARN: 'arn:aws:states:eu-west-1:123456789012:stateMachine:rollgate-payment-prod',
};
const directory = { ...settings, version: '0.1.0' };
const name = '/rollgate/payment/prod';

function problemsOf(work: () => unknown): unknown {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { problems?: unknown }).problems;
  }
}

test('the settings of a Lambda come from its environment, the account from the ARN', () => {
  expect(settingsFromEnvironment({ ...environment, PATH: '/bin' })).toEqual(settings);
  expect(
    settingsFromEnvironment({
      ...environment,
      ROLLGATE_STATE_MACHINE_ARN: 'arn:aws-cn:states:cn-north-1:210987654321:stateMachine:rollgate-payment-prod',
    }).accountId,
  ).toBe('210987654321');
});

test('every variable that is missing is named at once', () => {
  expect(problemsOf(() => settingsFromEnvironment({ ROLLGATE_STAGE: '' }))).toEqual([
    'ROLLGATE_SERVICE: is not set; the stack sets it for each of its functions',
    'ROLLGATE_STAGE: is not set; the stack sets it for each of its functions',
    'AWS_REGION: is not set; the stack sets it for each of its functions',
    'ROLLGATE_STATE_BUCKET: is not set; the stack sets it for each of its functions',
    'ROLLGATE_ARTIFACT_BUCKET: is not set; the stack sets it for each of its functions',
    'ROLLGATE_ARTIFACT_KEY: is not set; the stack sets it for each of its functions',
    'ROLLGATE_STATE_MACHINE_ARN: is not set; the stack sets it for each of its functions',
  ]);
});

test.each([
  ['ROLLGATE_SERVICE', 'Payment', 'must be the name of a service, such as payment'],
  ['ROLLGATE_STATE_BUCKET', 'State_Bucket', 'must be the name of a bucket'],
  [
    'ROLLGATE_STATE_MACHINE_ARN',
    `${environment.ROLLGATE_STATE_MACHINE_ARN}:3`,
    'must be the ARN of a state machine, without version or alias',
  ],
])('%s=%s is refused with a sentence', (variable, value, sentence) => {
  expect(problemsOf(() => settingsFromEnvironment({ ...environment, [variable]: value }))).toEqual([
    `${variable}: ${sentence}`,
  ]);
});

test('the stage directory is read from its JSON; what a newer stack added is ignored', () => {
  expect(parseStageDirectory(name, JSON.stringify({ ...directory, added: 1 }))).toEqual(directory);
});

test.each([
  ['what is no JSON', '{', [`${name}: must be a JSON object; deploy the stack again to have it written anew`]],
  [
    'wrong fields',
    JSON.stringify({ ...directory, accountId: '12', stateBucket: undefined }),
    [
      `${name}: accountId: must be 12 digits in quotes; deploy the stack again to have it written anew`,
      `${name}: stateBucket: must be the name of a bucket; deploy the stack again to have it written anew`,
    ],
  ],
])('%s in the stage directory is refused, every problem at once', (_, text, problems) => {
  expect(problemsOf(() => parseStageDirectory(name, text))).toEqual(problems);
});
