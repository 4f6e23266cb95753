import type { Stage } from '../../clients/ports.ts';
import { optInTag } from '../../core/model/names.ts';

/** Where the embedded engine stands, in the words of AWS. */
export const localStage: Stage = {
  service: 'payment',
  name: 'local',
  region: 'eu-west-1',
  stateBucket: 'rollgate-state-local',
  artifactBucket: 'roboshop-builds',
  kind: 'embedded',
};

/** The port of the service, with which the simulated load balancer knows the hosts. */
export const servicePort = 8080;

export const artifactKey = 'payment.zip';

/** The parameter that holds the broker's password, as `services/payment.yml` names it. */
export const passwordParameter = `/${localStage.service}/${localStage.name}/AMQP_PASS`;
export const parameterPrefix = `/${localStage.service}/${localStage.name}/`;

/** A host of the local stage; `octet` is the last part of its address on the bridge. */
export interface LocalInstance {
  readonly name: string;
  readonly instanceId: string;
  readonly zone: string;
  readonly octet: number;
  readonly tags: Readonly<Record<string, string>>;
}

const stageTag = { Stage: localStage.name };

/** The target: three hosts in three zones. */
export const paymentInstances: readonly LocalInstance[] = ['a', 'b', 'c'].map((zone, index) => ({
  name: `payment-${index + 1}`,
  instanceId: `i-0000000000000a${String(index + 1).padStart(3, '0')}`,
  zone: `${localStage.region}${zone}`,
  octet: 11 + index,
  tags: {
    Name: `payment-${index + 1}`,
    Service: 'payment',
    [optInTag(localStage.service)]: localStage.name,
    ...stageTag,
  },
}));

/** The services that payment calls: one machine with three addresses, three instances to everybody else. */
export const upstreamInstances: readonly LocalInstance[] = ['cart', 'user', 'rabbitmq'].map((service, index) => ({
  name: service,
  instanceId: `i-0000000000000b${String(index + 1).padStart(3, '0')}`,
  zone: `${localStage.region}a`,
  octet: 21 + index,
  tags: { Name: service, Service: service, ...stageTag },
}));
