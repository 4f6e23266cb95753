import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/record-step-error.ts';
import { readHosts } from '../../ledger/rollout/host-steps.ts';
import { deploymentId } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { type GivenPorts, givenPorts } from './given-ports.ts';

let given: GivenPorts;
const instanceId = idOf('a');
const input = { deploymentId, round: 3, instanceId, error: { Error: 'AccessDenied', Cause: 'no' } };
const errors = async () => (await readHosts(given.ports, deploymentId)).errors;

beforeEach(async () => {
  given = await givenPorts();
});

test('the error of a round is written once: the first one stands', async () => {
  await run(input, given.ports);
  await run({ ...input, error: { Error: 'TypeError', Cause: 'another' } }, given.ports);

  const at = new Date(given.time.now()).toISOString();
  expect(await errors()).toEqual([{ instanceId, round: 3, name: 'AccessDenied', cause: 'no', at }]);
});

test('the message is taken out of what Lambda wraps it in, on one line that is not too long', async () => {
  const errorMessage = `not authorized\nto perform: ssm:SendCommand ${'x'.repeat(40_000)}`;
  const Cause = JSON.stringify({ errorType: 'AccessDenied', errorMessage, trace: ['at …'] });

  await run({ ...input, error: { Error: 'AccessDenied', Cause } }, given.ports);

  const [error] = await errors();
  expect(error?.cause).toMatch(/^not authorized to perform: ssm:SendCommand x+…$/);
  expect(error?.cause.length).toBeLessThanOrEqual(600);
});

test.each([
  ['that has no name', {}],
  ['of an execution that has lost the lock', { Error: 'LockLostError', Cause: 'held by another' }],
])('an error %s is none', async (_what, error) => {
  await run({ ...input, error }, given.ports);

  expect(await errors()).toEqual([]);
});

test('it takes what the machine sends, and nothing else', async () => {
  await expect(handler({ ...input, round: 'three' })).rejects.toThrow(/round/);
});
