import { beforeEach, describe, expect, test } from 'vitest';
import { handler, run } from '../../functions/plan-rollout.ts';
import { publishServiceConfig } from '../../ledger/config/service-config.ts';
import { readAdmitted, readPlan } from '../../ledger/rollout/deployments.ts';
import { paymentYamlWith } from '../given/configuration.ts';
import { arnOf, deploymentId, executionArn } from '../given/deployment.ts';
import { idOf } from '../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from './given-ports.ts';

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
    documents: { install: { name: 'rollgate-payment-local-install', version: '3' } },
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

describe('a converge', () => {
  const stable = { releaseId: 'v1-x', deploymentId: 'd', at: 'then', isRollback: false };
  const other = { number: 7, releaseId: 'v7-x', manifestSha256: 'x', versionId: 'x' };

  beforeEach(async () => {
    const request = { kind: 'converge', hosts: [idOf('a'), idOf('b'), idOf('c')] } as const;
    await given.givenAdmitted({ trigger: 'converge', request, release: other, stable: null });
    await given.givenLock();
    await given.givenState((state) => ({ ...state, stableHistory: [{ ...stable, release: 1 }] }));
  });

  test('gets what is stable now that it has the lock, and keeps it', async () => {
    await run(input, given.ports);
    await given.givenState((state) => ({ ...state, stableHistory: [{ ...stable, release: 2 }] }));
    await run(input, given.ports).catch(() => undefined);

    expect(await readAdmitted(given.ports, deploymentId)).toMatchObject({
      trigger: 'converge',
      release: {
        number: 1,
        releaseId: expect.stringMatching(/^v1-/),
        manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      stable: { number: 1 },
    });
  });

  test('resolves nothing without the lock', async () => {
    await given.givenLock({ executionArn: arnOf('other') });

    await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'LockLostError' }));
    expect(await readAdmitted(given.ports, deploymentId)).toMatchObject({ release: other });
  });

  test('leaves out who went away or offline, and is never the whole target; one that fails does not turn others back', async () => {
    given.givenHosts({}, { ping: 'ConnectionLost' });

    const planned = await run(input, given.ports);

    expect(planned.hosts).toEqual([idOf('a')]);
    expect(await readPlan(given.ports, deploymentId)).toMatchObject({
      skipped: [{ instanceId: idOf('b') }],
      isWholeTarget: false,
      policy: { maxFailedHosts: 1 },
    });
  });

  test('of whom nobody is left is refused', async () => {
    given.givenHosts({ instanceId: idOf('e') });

    await expect(run(input, given.ports)).rejects.toThrow(expect.objectContaining({ name: 'InvalidDeploymentError' }));
  });
});

test('without the lock nothing is planned', async () => {
  await given.givenAdmitted();
  await given.givenLock({ executionArn: arnOf('other') });

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

describe('a load balancer', () => {
  const configured = paymentYamlWith({ loadBalancer: { targetGroup: 'payment-{stage}', drainSeconds: 30 } });
  const group = { arn: 'arn:group', name: 'payment-local', targetType: 'instance', isInUse: true };

  beforeEach(async () => {
    await given.givenAdmitted();
    await given.givenLock();
    await publishServiceConfig(given.ports, configured, 'test');
  });

  test('is part of the plan, as it is found', async () => {
    given.givenGroup(group);

    await run(input, given.ports);

    expect((await readPlan(given.ports, deploymentId))?.loadBalancer).toEqual({
      groupArn: 'arn:group',
      groupName: 'payment-local',
      port: 8080,
      drainSeconds: 30,
      healthySeconds: 120,
    });
  });

  test('that is not there refuses the deployment and leaves no plan', async () => {
    await expect(run(input, given.ports)).rejects.toThrow('there is no target group payment-local');
    expect(await readPlan(given.ports, deploymentId)).toBeUndefined();
  });

  test('whose targets are gone by the next question is one that is not there', async () => {
    given.givenGroup(group);
    given.givenTargets(undefined);

    await expect(run(input, given.ports)).rejects.toThrow('there is no target group payment-local');
  });
});
