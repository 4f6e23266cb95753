import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { optInTag } from '../../../core/model/names.ts';
import type { LocalInstance } from '../../../local/engine/stage.ts';
import type { TargetPlace } from '../../../local/engine/systemd-target.ts';

export interface InstancesOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly service: string;
  readonly stage: string;
}

/**
 * EC2 instances that stand for the local hosts: the emulator gives the ids, the hosts' bridge the addresses. Three to
 * deploy to, in three zones, opted in; and what the service calls.
 */
export function instancesFor(options: InstancesOptions): TargetPlace['instances'] {
  const { service, stage, region } = options;
  const client = new EC2Client({
    endpoint: options.endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const run = async (
    prefix: string,
    name: string,
    octet: number,
    zone: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<LocalInstance> => {
    const all = { Name: name, Stage: stage, ...tags };
    const { Instances } = await client.send(
      new RunInstancesCommand({
        ImageId: 'ami-00000000000000000',
        InstanceType: 't4g.small',
        MinCount: 1,
        MaxCount: 1,
        PrivateIpAddress: `${prefix}${octet}`,
        Placement: { AvailabilityZone: zone },
        TagSpecifications: [
          { ResourceType: 'instance', Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value })) },
        ],
      }),
    );
    const instanceId = Instances?.[0]?.InstanceId;
    if (instanceId === undefined) throw new Error(`${name}: the emulator started no instance`);
    return { name, instanceId, zone, octet, tags: all };
  };
  return async ({ prefix }) => ({
    payment: await Promise.all(
      ['a', 'b', 'c'].map((zone, index) =>
        run(prefix, `${service}-${index + 1}`, 11 + index, `${region}${zone}`, {
          Service: service,
          [optInTag(service)]: stage,
        }),
      ),
    ),
    upstreams: await Promise.all(
      ['cart', 'user', 'rabbitmq'].map((name, index) => run(prefix, name, 21 + index, `${region}a`, { Service: name })),
    ),
  });
}

/** CloudFormation's `Ref` of an instance profile is its name; the emulator gives the ARN, and a command has to say so. */
export function withProfileByArn(command: string): string {
  return command.replace('--iam-instance-profile Name=', '--iam-instance-profile Arn=');
}
