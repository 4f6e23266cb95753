import { beforeEach, expect, test } from 'vitest';
import { handler, run } from '../../functions/plan-rollout.ts';
import { readPlan } from '../../ledger/deployments.ts';
import { deploymentId, executionArn, fence, type GivenPorts, givenPorts, idOf } from './given-ports.ts';

let given: GivenPorts;
const input = { executionArn, state: { deploymentId, fence } };

beforeEach(async () => {
  given = await givenPorts();
});

test('the target, the policy and the documents are as they are now, whatever changes later', async () => {
  await given.givenAdmitted();
  await given.givenLock();

  const planned = await run(input, given.ports);
  given.givenHosts({});
  const again = await run(input, given.ports);

  expect(planned).toEqual({ deploymentId, fence, round: 0, hosts: [idOf('a'), idOf('b'), idOf('c')] });
  expect(again).toEqual(planned);
  expect(await readPlan(given.ports, deploymentId)).toMatchObject({
    isWholeTarget: true,
    skipped: [],
    policy: { maxUnavailable: 1 },
    documents: { install: { name: 'rollgate-payment-install', version: '3' } },
  });
});

test('an offline host refuses the deployment and leaves no plan', async () => {
  await given.givenAdmitted();
  await given.givenLock();
  given.givenHosts({}, { ping: 'ConnectionLost' });

  await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'InvalidDeploymentError' }));
  expect(await readPlan(given.ports, deploymentId)).toBeUndefined();
});

test('a dry run needs no lock and stages no host', async () => {
  await given.givenAdmitted({ isDryRun: true });

  expect(await run({ executionArn, state: { deploymentId } }, given.ports)).toMatchObject({ fence: 0, hosts: [] });
});

test('a resume goes to the hosts of the deployment that it resumes', async () => {
  const earlier = 'd-20261122-204400-000000';
  await given.givenAdmitted({
    deploymentId: earlier,
    request: { kind: 'release', release: 1, hosts: [idOf('b')], isDryRun: false },
  });
  await given.givenAdmitted({ request: { kind: 'resume', deploymentId: earlier } });
  await given.givenLock();

  expect(await run(input, given.ports)).toMatchObject({ hosts: [idOf('b')] });
});

test('without the lock nothing is planned', async () => {
  await given.givenAdmitted();
  await given.givenLock({ executionArn: 'arn:execution:other' });

  await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
});

test('what was never admitted is refused', async () => {
  await expect(run(input, given.ports)).rejects.toThrow(`${deploymentId} was never admitted; start a new execution`);
});

test('the handler ignores what else stands in the state', async () => {
  await given.givenAdmitted();
  await given.givenLock();

  const state = { deploymentId, fence, purpose: 'rollout', next: 'plan' };
  expect(await handler({ executionArn, state })).toMatchObject({ round: 0, fence });
});
