import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import type { InstanceInformation, SSMClient } from '@aws-sdk/client-ssm';
import type { Host, Inventory } from '../ports.ts';
import type { Call } from './call.ts';
import { everyPage } from './pages.ts';
import { readAgents } from './ssm-agents.ts';

export interface Ec2InventoryOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly call: Call;
}

const states: readonly Host['state'][] = ['pending', 'running', 'stopping', 'stopped'];

/** The hosts of EC2 by their tags, each with what SSM knows of its agent. Both calls know no resources in policies. */
export function createEc2Inventory({ ec2, ssm, call }: Ec2InventoryOptions): Inventory {
  async function instances(tags: Readonly<Record<string, string>>): Promise<readonly Instance[]> {
    const Filters = [
      ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [literally(value)] })),
      { Name: 'instance-state-name', Values: [...states] },
    ];
    const found: Instance[] = [];
    await everyPage(async (token) => {
      const page = await call('ec2:DescribeInstances', 'the instances with these tags', (options) =>
        ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 1000, ...token }), options),
      );
      found.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
      return page.NextToken;
    });
    return found;
  }

  return {
    async hosts(tags) {
      const found = (await instances(tags)).filter((instance) => carries(instance, tags));
      const ids = found.flatMap(({ InstanceId }) => (InstanceId === undefined ? [] : [InstanceId]));
      const agents = await readAgents({ ssm, call }, ids);
      const pingOfHost = new Map(agents.map((agent) => [agent.InstanceId, pingOf(agent)]));
      return found
        .map((instance) => toHost(instance, pingOfHost.get(instance.InstanceId) ?? 'absent'))
        .toSorted((a, b) => compare(a.zone, b.zone) || compare(a.instanceId, b.instanceId));
    },
    async stateOf(instanceId) {
      // As a filter: an id in InstanceIds that EC2 has forgotten is an error.
      const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
      const { Reservations } = await call('ec2:DescribeInstances', `the instance ${instanceId}`, (options) =>
        ec2.send(new DescribeInstancesCommand({ Filters }), options),
      );
      const found = (Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
      return found.find((instance) => instance.InstanceId === instanceId)?.State?.Name ?? 'terminated';
    },
  };
}

/** EC2 reads `*` and `?` in the value of a filter as wildcards. */
function literally(value: string): string {
  return value.replaceAll(/[*?\\]/g, (character) => `\\${character}`);
}

function tagsOf(instance: Instance): Readonly<Record<string, string>> {
  return Object.fromEntries((instance.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

function carries(instance: Instance, tags: Readonly<Record<string, string>>): boolean {
  const own = tagsOf(instance);
  return Object.entries(tags).every(([key, value]) => Object.hasOwn(own, key) && own[key] === value);
}

function toHost(instance: Instance, ping: Host['ping']): Host {
  const tags = tagsOf(instance);
  const instanceId = instance.InstanceId ?? '';
  return {
    instanceId,
    name: tags['Name'] === undefined || tags['Name'] === '' ? instanceId : tags['Name'],
    zone: instance.Placement?.AvailabilityZone ?? '',
    privateAddress: instance.PrivateIpAddress ?? '',
    tags,
    state: instance.State?.Name ?? 'pending',
    ping,
    isSimulated: false,
  };
}

/** `Inactive` is an old word for a host that SSM has not heard of for long. */
function pingOf({ PingStatus }: InstanceInformation): Host['ping'] {
  return PingStatus === 'Online' ? 'Online' : 'ConnectionLost';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
