import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { listZip } from '../../../core/release/zip-listing.ts';
import type { Handler } from '../../../functions/runtime/handler.ts';
import { s3Error, settings, startEndpoint } from '../../clients/aws-endpoint.ts';
import { packagedStack } from '../../infra/stack/packaged-stack.ts';

const require = createRequire(import.meta.url);
const names = readdirSync('functions')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

const environment = {
  ROLLGATE_SERVICE: settings.service,
  ROLLGATE_STAGE: settings.stage,
  ROLLGATE_STATE_BUCKET: settings.stateBucket,
  ROLLGATE_ARTIFACT_BUCKET: settings.artifactBucket,
  ROLLGATE_ARTIFACT_KEY: settings.artifactKey,
  ROLLGATE_STATE_MACHINE_ARN: settings.stateMachineArn,
  AWS_REGION: settings.region,
};

const executionArn = 'arn:aws:states:eu-west-1:123456789012:execution:rollgate-payment-prod:one';
const deploymentId = 'd-20261122-204500-1a2b3c';
const token = 'token';
const instance = 'i-0123456789abcdef0';

/** An event for each function that leads to AWS, and the first request that it makes there. */
const firstRequests: Readonly<Record<string, readonly [event: unknown, request: string]>> = {
  'acquire-lock': [{ token, executionArn, deploymentId, purpose: 'rollout' }, 'PUT /state/rollgate/parked/'],
  'admit-deployment': [{ executionArn, startedAt: '2026-11-22T20:45:00Z', input: {} }, 'GET /state/rollgate/payment/'],
  'decide-next-wave': [{ executionArn, state: { deploymentId, round: 1 } }, 'GET /state/rollgate/payment/'],
  'finish-deployment': [
    { executionArn, startedAt: '2026-11-22T20:45:00Z', state: { deploymentId } },
    'GET /state/rollgate/payment/',
  ],
  'on-artifact-uploaded': [{ detail: { bucket: { name: 'builds' }, object: { key: 'payment.zip' } } }, 'GET /builds'],
  'on-command-status': [
    {
      detail: {
        'command-id': 'c',
        'document-name': 'rollgate-payment-prod-verify',
        'instance-id': instance,
        status: 'Success',
      },
    },
    'GET /state/rollgate/parked/',
  ],
  'on-control-written': [
    { detail: { object: { key: `rollgate/payment/control/halt/${deploymentId}/20261122T204500000Z-1a2b3c4d.json` } } },
    'GET /state/rollgate/parked/',
  ],
  'on-alarm-changed': [
    { detail: { alarmName: 'payment-5xx', state: { value: 'ALARM' } } },
    'GET /state/rollgate/payment/',
  ],
  'on-execution-status': [{ detail: { executionArn, status: 'ABORTED' } }, 'GET /state/rollgate/payment/'],
  'on-instance-running': [{ detail: { 'instance-id': instance, state: 'running' } }, 'GET /state/rollgate/payment/'],
  'park-deployment': [{ token, kind: 'bake', executionArn, deploymentId, round: 1 }, 'GET /state/rollgate/payment/'],
  'plan-rollout': [{ executionArn, state: { deploymentId, fence: 1 } }, 'GET /state/rollgate/payment/'],
  'record-step-error': [
    { deploymentId, round: 1, instanceId: instance, error: { Error: 'AccessDenied', Cause: 'denied' } },
    'PUT /state/rollgate/payment/',
  ],
  'run-balancer-step': [
    { token, action: 'drain', deploymentId, fence: 1, round: 1, instanceId: instance },
    'GET /state/rollgate/payment/',
  ],
  'run-host-step': [
    { token, action: 'install', deploymentId, fence: 1, round: 1, instanceId: instance },
    'GET /state/rollgate/payment/',
  ],
  'sweep-locks': [{}, 'GET /state/rollgate/payment/'],
};

const megabyte = 1_000_000;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollgate-bundles-'));
  const { zips } = await packagedStack();
  for (const zip of Object.values(zips)) {
    for (const bundle of await listZip(zip, 10)) {
      writeFileSync(join(folder, basename(bundle.name)), bundle.read(megabyte));
    }
  }
}, 300_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function givenEnvironment(endpoint: string): void {
  const variables = { ...environment, AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's' };
  for (const [variable, value] of Object.entries(variables)) vi.stubEnv(variable, value);
}

/** The handler of a bundle that was never called; its log lines are kept. */
function freshHandler(name: string): { handler: Handler; lines: string[] } {
  const path = join(folder, `${name}.js`);
  delete require.cache[path];
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  return { handler: (require(path) as { handler: Handler }).handler, lines };
}

test('every function has a first request that this test knows', () => {
  expect(Object.keys(firstRequests).toSorted()).toEqual(names.toSorted());
});

test.each(names)('%s reaches AWS with what its environment says', async (name) => {
  const aws = await startEndpoint();
  aws.answerInTurn(s3Error(403, 'AccessDenied', 'Access Denied'));
  givenEnvironment(aws.url);
  const [event, request] = firstRequests[name] ?? [{}, 'none'];
  const { handler, lines } = freshHandler(name);

  await expect(handler(event)).rejects.toMatchObject({ name: 'AccessDenied' });

  const [first] = aws.requests;
  expect(`${first?.method} ${first?.path}`.slice(0, request.length)).toBe(request);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', function: name, at: 'in' },
    { level: 'error', function: name, at: 'error', error: 'AccessDenied' },
  ]);
});

test('a function that runs out of time hangs up on AWS and says so', async () => {
  const aws = await startEndpoint();
  aws.answerInTurn('silent');
  givenEnvironment(aws.url);
  const { handler } = freshHandler('sweep-locks');
  const context = { getRemainingTimeInMillis: () => 1500 } as unknown as Context;

  await expect(handler({}, context)).rejects.toMatchObject({
    name: 'TransientAwsError',
    message: expect.stringMatching(/^sweep-locks did not end within the time of its function/),
  });

  await expect.poll(() => aws.abandoned).toBe(1);
});

test('a function whose environment was changed by hand names every variable that it misses', async () => {
  for (const variable of Object.keys(environment)) vi.stubEnv(variable, undefined);
  const { handler } = freshHandler('sweep-locks');

  await expect(handler({})).rejects.toMatchObject({
    name: 'InvalidDeploymentError',
    message: Object.keys(environment)
      .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
      .map((variable) => `${variable}: is not set; the stack sets it for each of its functions`)
      .join('\n'),
  });
});

const order: readonly string[] = [
  'ROLLGATE_SERVICE',
  'ROLLGATE_STAGE',
  'AWS_REGION',
  'ROLLGATE_STATE_BUCKET',
  'ROLLGATE_ARTIFACT_BUCKET',
  'ROLLGATE_ARTIFACT_KEY',
  'ROLLGATE_STATE_MACHINE_ARN',
];
