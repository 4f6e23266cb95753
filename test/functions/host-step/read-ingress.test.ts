import { beforeEach, expect, test } from 'vitest';
import type { HostReport } from '../../../core/model/host-report.ts';
import { run } from '../../../functions/run-host-step.ts';
import { readSteps } from '../../../ledger/rollout/host-steps.ts';
import { endsOf } from '../../fakes/security-groups.ts';
import { deploymentId } from '../../given/deployment.ts';
import { idOf } from '../../given/hosts.ts';
import { fence, type GivenPorts, givenPorts } from '../given-ports.ts';

let given: GivenPorts;
const step = { action: 'install', deploymentId, fence, round: 0, instanceId: idOf('a') } as const;

beforeEach(async () => {
  given = await givenPorts();
  await given.givenAdmitted();
  await given.givenPlan();
  await given.givenLock();
});

/** The step ends so, and this stands in the ledger. */
async function diagnosisOf(failure: NonNullable<HostReport['failure']>, detail: string) {
  await run({ ...step, token: 'one' }, given.ports);
  const checks = [{ name: 'upstream:cart', isOk: false, failure, detail }];
  given.givenReport({ outcome: 'failed', failure, message: `upstream:cart: ${detail}`, checks });
  await run({ ...step, token: 'two' }, given.ports);
  const [written] = await readSteps(given.ports, deploymentId, idOf('a'));
  return written?.outcome?.diagnosis;
}

const silence = '10.0.0.9:8080 (CART_HOST, from tag Service=cart): no answer within 3 s';

test('where an upstream keeps silent its security groups are read, and the ledger names the rule that is missing', async () => {
  given.securityGroups.givenEnds(endsOf('10.0.0.1', '10.0.0.9'));

  expect(await diagnosisOf('upstream-unreachable', silence)).toMatchObject({
    cause: 'upstream-unreachable',
    meaning: expect.stringContaining('sg-0c (cart) lets nothing in from sg-0a (payment) on TCP 8080'),
    command:
      'aws ec2 authorize-security-group-ingress --group-id sg-0c --protocol tcp --port 8080 --source-group sg-0a',
  });
  expect(given.securityGroups.asked).toEqual([`${idOf('a')} to 10.0.0.9`]);
  expect(given.deeds.at(-1)).toBe('answer two {"status":"failed"}');
});

test('where they can not be read the step ends all the same, and the diagnosis says why it knows no more', async () => {
  const securityGroups = { ends: () => Promise.reject(new Error('ec2:DescribeNetworkInterfaces was denied')) };
  given = { ...given, ports: { ...given.ports, securityGroups } };

  expect(await diagnosisOf('upstream-unreachable', silence)).toMatchObject({
    meaning: expect.stringContaining(
      '(the security groups could not be read: ec2:DescribeNetworkInterfaces was denied)',
    ),
    remedy: expect.stringContaining('needs an ingress rule for TCP 8080'),
  });
  expect(given.deeds.at(-1)).toBe('answer two {"status":"failed"}');
});

test('a refusal is no matter of security groups, and they are not asked', async () => {
  await diagnosisOf('upstream-refused', '10.0.0.9:8080: Connection refused');

  expect(given.securityGroups.asked).toEqual([]);
});
