import type { BucketFacts, DoctorFacts, DoctorHost, InspectedStage, Looked } from '../../../core/doctor/facts.ts';
import { emptyTargetState } from '../../../core/model/target-state.ts';
import { type Change, found, serviceConfigWith } from '../../given/configuration.ts';
import { prodStage } from '../../given/stages.ts';

export const seen = <T>(value: T): Looked<T> => ({ kind: 'seen', value });
export const absent = { kind: 'absent' } as const;
export const unseen = (action: string): Looked<never> => ({ kind: 'unseen', why: `${action} was denied` });

/** services/payment.yml with this change, as the doctor finds it in force. */
export function configurationWith(change: Change = {}) {
  return { kind: 'valid', config: serviceConfigWith(change), warnings: [] } as const;
}

export const hosts: readonly DoctorHost[] = [1, 2, 3].map((number) => ({
  instanceId: `i-0000000000000000${number}`,
  name: `payment-${number}`,
  state: 'running',
  ping: 'Online',
  tags: { Service: 'payment', 'rollgate:payment': 'prod' },
}));

/** The hosts, with the one of this number as it is given. */
export function hostsWith(number: number, change: Partial<DoctorHost>): readonly DoctorHost[] {
  return hosts.map((host, index) => (index === number - 1 ? { ...host, ...change } : host));
}

export const goodBucket: BucketFacts = {
  isElsewhere: false,
  versioning: seen('Enabled'),
  notifications: seen({ hasEventBridge: true, others: 0 }),
  encryption: seen('AES256'),
};

const goodDocument = seen({ status: 'Active', defaultVersion: '3', latestVersion: '3' });

export const goodStage: InspectedStage = {
  version: '0.1.0',
  artifactKey: 'payment.zip',
  stateBucket: goodBucket,
  artifactBucket: goodBucket,
  documents: {
    install: goodDocument,
    activate: goodDocument,
    verify: goodDocument,
    settle: goodDocument,
    inspect: goodDocument,
  },
  stateMachine: seen({ status: 'ACTIVE' }),
  instances: seen(Object.fromEntries(hosts.map(({ instanceId }) => [instanceId, { instanceProfile: 'shop-hosts' }]))),
  agents: seen(
    Object.fromEntries(
      hosts.map(({ instanceId }) => [instanceId, { version: '3.3.2746.0', lastPingAt: '2026-11-22T20:40:00.000Z' }]),
    ),
  ),
  parameters: seen({ '/payment/prod/AMQP_PASS': { type: 'SecureString', keyId: 'alias/rollgate-payment-prod' } }),
};

/** A stage where everything is as it should be. */
export const goodFacts: DoctorFacts = {
  stage: prodStage,
  configuration: configurationWith(),
  file: { path: 'services/payment.yml', isThere: true, isInForce: true, config: null },
  hosts,
  found,
  alarms: seen([]),
  state: emptyTargetState('payment'),
  holderStatus: null,
  aws: goodStage,
  version: '0.1.0',
};
