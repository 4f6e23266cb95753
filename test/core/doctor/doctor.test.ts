import { describe, expect, it } from 'vitest';
import { isOlder } from '../../../core/doctor/check-hosts.ts';
import { examineStage } from '../../../core/doctor/doctor.ts';
import type { DoctorFacts, InspectedStage } from '../../../core/doctor/facts.ts';
import { emptyTargetState } from '../../../core/model/target-state.ts';
import { lockOf } from '../../given/lock.ts';
import {
  absent,
  configurationWith,
  goodBucket,
  goodFacts,
  goodStage,
  hosts,
  hostsWith,
  seen,
  unseen,
} from './given-facts.ts';

/** What is not good, as a person reads it. */
function told(facts: DoctorFacts): string {
  const lines = examineStage(facts).checks.flatMap((check) =>
    check.verdict === 'good'
      ? []
      : [`${check.verdict}  ${check.about}: ${check.says}`, ...check.fix.map((line) => `  ${line}`)],
  );
  return `${lines.join('\n')}\n`;
}

const withAws = (change: Partial<InspectedStage>): DoctorFacts => ({ ...goodFacts, aws: { ...goodStage, ...change } });
it('says of the alarms of the configuration whether they are there and well', () => {
  const alarm = (name: string, state: 'OK' | 'ALARM') => ({ name, state, reason: '40 errors in 5 minutes' });
  const alarms = ['payment-{stage}-5xx', 'gone', 'slow', { name: 'broker', reportOnly: true }];
  const checks = examineStage({
    ...goodFacts,
    configuration: configurationWith({ rollout: { alarms } }),
    alarms: seen([alarm('payment-prod-5xx', 'OK'), alarm('slow', 'ALARM'), alarm('broker', 'ALARM')]),
  }).checks.filter(({ about }) => about === 'alarms');

  expect(checks.map(({ verdict, says }) => `${verdict}  ${says}`)).toEqual([
    'good  payment-prod-5xx is OK',
    'failed  CloudWatch has no alarm gone in eu-west-1, so every deployment but a rollback is refused',
    'warning  slow is in ALARM, so a deployment would end before it starts: 40 errors in 5 minutes',
    'good  broker is ALARM, and only reports',
  ]);
  expect(checks[1]?.fix).toEqual([
    '# create it, or take it out of rollout.alarms in services/payment.yml, then: rollgate configure',
  ]);
});

const empty = emptyTargetState('payment');
const lock = lockOf('d-20261122-204500-1a2b3c', { by: 'bob' });

it('says of every part that it is there', () => {
  const report = examineStage(goodFacts);

  expect(report.isWell).toBe(true);
  expect(report.checks.map((check) => `${check.verdict}  ${check.about}: ${check.says}`)).toMatchInlineSnapshot(`
    [
      "good  stack: Rollgate 0.1.0 is deployed",
      "good  documents: all 5 are active: rollgate-payment-prod-install version 3, rollgate-payment-prod-activate version 3, rollgate-payment-prod-verify version 3, rollgate-payment-prod-settle version 3, rollgate-payment-prod-inspect version 3",
      "good  state machine: rollgate-payment-prod is active",
      "good  artifact bucket: roboshop-builds keeps versions",
      "good  artifact bucket: roboshop-builds sends its events to EventBridge",
      "good  artifact bucket: roboshop-builds is encrypted (AES256)",
      "good  state bucket: rollgate-payment-prod-state-123456789012-eu-west-1 keeps versions",
      "good  state bucket: rollgate-payment-prod-state-123456789012-eu-west-1 sends its events to EventBridge",
      "good  state bucket: rollgate-payment-prod-state-123456789012-eu-west-1 is encrypted (AES256)",
      "good  configuration: is valid, and services/payment.yml is in force",
      "good  secrets: AMQP_PASS: /payment/prod/AMQP_PASS is a SecureString under alias/rollgate-payment-prod",
      "good  environment: CART_HOST: 10.0.0.5 (i-0000000c, by Service=cart)",
      "good  environment: USER_HOST: 10.0.0.6 (i-0000000d, by Service=user)",
      "good  environment: AMQP_HOST: 10.0.0.7 (i-0000000e, by Service=rabbitmq)",
      "good  hosts: 3 hosts with the tags Service=payment: payment-1 (i-00000000000000001), payment-2 (i-00000000000000002), payment-3 (i-00000000000000003)",
      "good  hosts: all carry rollgate:payment=prod, so Rollgate may send them commands",
      "good  instance profile: shop-hosts: payment-1, payment-2, payment-3",
      "good  agent: online on payment-1, payment-2, payment-3",
      "good  agent: version 3.3.2746.0; 3.0.502 is enough",
      "good  target: free: nothing is being deployed",
    ]
  `);
  expect(report.checks.flatMap((check) => check.fix)).toEqual([]);
});

describe('finds what is missing and says what to type:', () => {
  it.each<[what: string, facts: DoctorFacts]>([
    ['no artifact bucket', withAws({ artifactBucket: { ...goodBucket, versioning: absent } })],
    ['an artifact bucket in another region', withAws({ artifactBucket: { ...goodBucket, isElsewhere: true } })],
    [
      'an artifact bucket without versions',
      withAws({ artifactBucket: { ...goodBucket, versioning: seen('Suspended') } }),
    ],
    [
      'an artifact bucket without events',
      withAws({ artifactBucket: { ...goodBucket, notifications: seen({ hasEventBridge: false, others: 0 }) } }),
    ],
    [
      'an artifact bucket whose events go elsewhere',
      withAws({ artifactBucket: { ...goodBucket, notifications: seen({ hasEventBridge: false, others: 2 }) } }),
    ],
    ['no state bucket', withAws({ stateBucket: { ...goodBucket, encryption: absent } })],
    [
      'a state bucket without events',
      withAws({ stateBucket: { ...goodBucket, notifications: seen({ hasEventBridge: false, others: 0 }) } }),
    ],
    ['a document that is gone', withAws({ documents: { ...goodStage.documents, verify: absent } })],
    [
      'a document that failed',
      withAws({
        documents: {
          ...goodStage.documents,
          install: seen({ status: 'Failed', defaultVersion: '1', latestVersion: '1' }),
        },
      }),
    ],
    [
      'a document at an older version',
      withAws({
        documents: {
          ...goodStage.documents,
          activate: seen({ status: 'Active', defaultVersion: '2', latestVersion: '4' }),
        },
      }),
    ],
    ['no state machine', withAws({ stateMachine: absent })],
    ['a state machine that is being deleted', withAws({ stateMachine: seen({ status: 'DELETING' }) })],
    ['no configuration', { ...goodFacts, configuration: { kind: 'absent' }, hosts: [], found: {} }],
    [
      'a broken configuration',
      { ...goodFacts, configuration: { kind: 'broken', problems: ['rolout: unknown key'] }, hosts: [], found: {} },
    ],
    [
      'an artifact that the stack does not listen for',
      {
        ...goodFacts,
        configuration: configurationWith({ artifact: { key: 'pay.zip', bucket: 'other-builds' } }),
      },
    ],
    ['no hosts', { ...goodFacts, hosts: [] }],
    [
      'hosts without the opt-in tag',
      {
        ...goodFacts,
        hosts: hosts.map((host, index) => (index === 0 ? host : { ...host, tags: { Service: 'payment' } })),
      },
    ],
    [
      'a host that opted in to another stage',
      { ...goodFacts, hosts: hostsWith(2, { tags: { Service: 'payment', 'rollgate:payment': 'dev' } }) },
    ],
    ['a host that is stopped', { ...goodFacts, hosts: hostsWith(3, { state: 'stopped', ping: 'ConnectionLost' }) }],
    ['a host that SSM does not know', { ...goodFacts, hosts: hostsWith(1, { ping: 'absent' }) }],
    ['a host that has lost SSM', { ...goodFacts, hosts: hostsWith(1, { ping: 'ConnectionLost' }) }],
    [
      'a host without instance profile',
      withAws({
        instances: seen({
          'i-00000000000000001': { instanceProfile: 'shop-hosts' },
          'i-00000000000000002': { instanceProfile: null },
        }),
      }),
    ],
    [
      'an agent that is too old',
      withAws({ agents: seen({ 'i-00000000000000001': { version: '2.3.1319.0', lastPingAt: null } }) }),
    ],
    ['no parameter for a secret', withAws({ parameters: seen({}) })],
    [
      'a secret in clear text',
      withAws({ parameters: seen({ '/payment/prod/AMQP_PASS': { type: 'String', keyId: null } }) }),
    ],
    ['an upstream without an instance', { ...goodFacts, found: { ...goodFacts.found, 'Service=cart': [] } }],
    [
      'an upstream whose instance is stopped',
      {
        ...goodFacts,
        found: { ...goodFacts.found, 'Service=cart': [{ instanceId: 'i-1', privateAddress: '', state: 'stopped' }] },
      },
    ],
    [
      'an upstream with two instances',
      {
        ...goodFacts,
        found: {
          ...goodFacts.found,
          'Service=user': [
            { instanceId: 'i-1', privateAddress: '10.0.0.1', state: 'running' },
            { instanceId: 'i-2', privateAddress: '10.0.0.2', state: 'running' },
          ],
        },
      },
    ],
    [
      'what this caller may not see',
      withAws({
        parameters: unseen('ssm:DescribeParameters'),
        agents: unseen('ssm:DescribeInstanceInformation'),
        stateBucket: { ...goodBucket, encryption: unseen('s3:GetEncryptionConfiguration') },
      }),
    ],
  ])('%s', async (what, facts) => {
    expect(examineStage(facts).isWell).toBe(false);
    await expect(told(facts)).toMatchFileSnapshot(`golden/${what.replaceAll(' ', '-')}.txt`);
  });
});

describe('says what deployments survive, and is well all the same:', () => {
  it.each<[what: string, facts: DoctorFacts]>([
    ['another version of Rollgate', { ...goodFacts, version: '0.2.0' }],
    ['a file that is not in force', { ...goodFacts, file: { ...goodFacts.file, isInForce: false } }],
    [
      'a warning of the configuration',
      { ...goodFacts, configuration: { ...configurationWith(), warnings: ['run.user: the service runs as root'] } },
    ],
    [
      'offline hosts that are left out',
      {
        ...goodFacts,
        configuration: configurationWith({ rollout: { offlineHosts: 'skip' } }),
        hosts: hostsWith(3, { state: 'stopped' }),
      },
    ],
    [
      'an artifact bucket under a key of KMS',
      withAws({ artifactBucket: { ...goodBucket, encryption: seen('aws:kms') } }),
    ],
    ['a state bucket under a key of KMS', withAws({ stateBucket: { ...goodBucket, encryption: seen('aws:kms') } })],
    ['a bucket that encrypts nothing', withAws({ stateBucket: { ...goodBucket, encryption: seen('none') } })],
    [
      'a secret under the key of all',
      withAws({
        parameters: seen({ '/payment/prod/AMQP_PASS': { type: 'SecureString', keyId: 'alias/aws/ssm' } }),
      }),
    ],
    [
      'a secret under another key and outside the place of the service',
      {
        ...goodFacts,
        configuration: configurationWith({ secrets: { AMQP_PASS: { parameter: '/shop/{stage}/AMQP_PASS' } } }),
        aws: {
          ...goodStage,
          parameters: seen({ '/shop/prod/AMQP_PASS': { type: 'SecureString', keyId: 'alias/shop' } }),
        },
      },
    ],
    [
      'a freeze and a mix',
      {
        ...goodFacts,
        state: {
          ...empty,
          freeze: { by: 'eve', at: '2026-11-20T10:00:00Z', reason: 'sale' },
          differing: {
            [goodFacts.hosts[0]?.instanceId ?? '']: {
              runs: 'v3-x',
              since: '2026-11-22T20:45:30Z',
              by: 'd-20261122-204500-1a2b3c',
              why: 'Degraded',
            },
          },
        },
      },
    ],
    ['a lock whose holder is dead', { ...goodFacts, state: { ...empty, lock }, holderStatus: 'ABORTED' }],
  ])('%s', async (what, facts) => {
    expect(examineStage(facts).isWell).toBe(true);
    expect(told(facts)).not.toBe('\n');
    await expect(told(facts)).toMatchFileSnapshot(`golden/${what.replaceAll(' ', '-')}.txt`);
  });

  it('a deployment that runs is no matter', () => {
    expect(told({ ...goodFacts, state: { ...empty, lock }, holderStatus: 'RUNNING' })).toBe('\n');
  });
});

it('looks at hosts and secrets by the file where no configuration is in force yet', () => {
  const { config } = configurationWith();
  const facts: DoctorFacts = {
    ...goodFacts,
    configuration: { kind: 'absent' },
    file: { ...goodFacts.file, isInForce: false, config },
  };

  const { checks } = examineStage(facts);

  expect(checks.filter((check) => check.verdict !== 'good').map((check) => check.about)).toEqual(['configuration']);
  expect(checks.map((check) => check.about)).toContain('secrets');
  expect(checks.map((check) => check.about)).toContain('hosts');
});

it('looks at nothing of AWS where there is none', () => {
  const { checks, isWell } = examineStage({ ...goodFacts, aws: null });

  expect(isWell).toBe(true);
  expect([...new Set(checks.map((check) => check.about))]).toEqual([
    'configuration',
    'environment',
    'hosts',
    'agent',
    'target',
  ]);
});

it.each([
  ['3.0.502', '3.0.502', false],
  ['3.0.502.0', '3.0.502', false],
  ['3.0.9', '3.0.502', true],
  ['2.9.999', '3.0.502', true],
  ['3.3', '3.0.502', false],
  ['', '3.0.502', true],
])('version %s is older than %s: %s', (version, than, expected) => {
  expect(isOlder(version, than)).toBe(expected);
});
