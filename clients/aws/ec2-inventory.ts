import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, type InstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import type { Host, Inventory } from '../ports.ts';
import { nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';

export interface Ec2InventoryOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly call: Call;
}

/** What SSM takes in one filter, and gives in one page. */
const ssmPageSize = 50;

const states: readonly Host['state'][] = ['pending', 'running', 'stopping', 'stopped'];

/** The hosts of EC2 by their tags, each with what SSM knows of its agent. Both calls know no resources in policies. */
export function createEc2Inventory({ ec2, ssm, call }: Ec2InventoryOptions): Inventory {
  async function instances(tags: Readonly<Record<string, string>>): Promise<readonly Instance[]> {
    const Filters = [
      ...Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [literally(value)] })),
      { Name: 'instance-state-name', Values: [...states] },
    ];
    const found: Instance[] = [];
    let from: string | undefined;
    do {
      const page = await call('ec2:DescribeInstances', 'the instances with these tags', (options) => {
        const token = from === undefined ? {} : { NextToken: from };
        return ec2.send(new DescribeInstancesCommand({ Filters, MaxResults: 1000, ...token }), options);
      });
      found.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
      from = page.NextToken === '' ? undefined : page.NextToken;
    } while (from !== undefined);
    return found;
  }

  /** All pages of what SSM knows of these instances, or of every instance where none is named. */
  async function information(instanceIds: readonly string[] | undefined): Promise<readonly InstanceInformation[]> {
    const filter = instanceIds === undefined ? {} : { Filters: [{ Key: 'InstanceIds', Values: [...instanceIds] }] };
    const found: InstanceInformation[] = [];
    let from: string | undefined;
    do {
      const page = await call('ssm:DescribeInstanceInformation', 'the agents of the hosts', (options) => {
        const token = from === undefined ? {} : { NextToken: from };
        const input = { ...filter, ...token, MaxResults: ssmPageSize };
        return ssm.send(new DescribeInstanceInformationCommand(input), options);
      });
      found.push(...(page.InstanceInformationList ?? []));
      from = page.NextToken === '' ? undefined : page.NextToken;
    } while (from !== undefined);
    return found;
  }

  async function pings(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Host['ping']>> {
    const found: InstanceInformation[] = [];
    for (let start = 0; start < instanceIds.length; start += ssmPageSize) {
      try {
        found.push(...(await information(instanceIds.slice(start, start + ssmPageSize))));
      } catch (error) {
        // One host that SSM has never heard of may spoil the answer for the others: then it lists all it knows.
        if (nameOf(error) !== 'InvalidInstanceId') {
          throw error;
        }
        found.push(...(await information(undefined)));
        break;
      }
    }
    return new Map(found.map((each) => [each.InstanceId ?? '', pingOf(each)]));
  }

  return {
    async hosts(tags) {
      const found = (await instances(tags)).filter((instance) => carries(instance, tags));
      const ids = found.flatMap(({ InstanceId }) => (InstanceId === undefined ? [] : [InstanceId]));
      const pingOfHost = await pings(ids);
      return found
        .map((instance) => toHost(instance, pingOfHost.get(instance.InstanceId ?? '') ?? 'absent'))
        .toSorted((a, b) => compare(a.zone, b.zone) || compare(a.instanceId, b.instanceId));
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
