import { DescribeInstanceInformationCommand, type InstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { nameOf } from './aws-errors.ts';
import type { Call } from './call.ts';
import { everyPage, inParts } from './pages.ts';

/** What SSM takes in one filter, and gives in one page. */
const pageSize = 50;

/** What SSM knows of the agents of these instances; others may be among them. */
export async function readAgents(
  { ssm, call }: { readonly ssm: SSMClient; readonly call: Call },
  instanceIds: readonly string[],
): Promise<readonly InstanceInformation[]> {
  const found: InstanceInformation[] = [];
  for (const Values of inParts(instanceIds, pageSize)) {
    try {
      found.push(...(await everyAgent(ssm, call, { Filters: [{ Key: 'InstanceIds', Values }] })));
    } catch (error) {
      // One host that SSM has never heard of may spoil the answer for the others: then it lists all it knows.
      if (nameOf(error) !== 'InvalidInstanceId') {
        throw error;
      }
      found.push(...(await everyAgent(ssm, call, {})));
      break;
    }
  }
  return found;
}

async function everyAgent(
  ssm: SSMClient,
  call: Call,
  filter: { readonly Filters?: { readonly Key: string; readonly Values: string[] }[] },
): Promise<readonly InstanceInformation[]> {
  const found: InstanceInformation[] = [];
  await everyPage(async (token) => {
    const page = await call('ssm:DescribeInstanceInformation', 'the agents of the hosts', (options) =>
      ssm.send(new DescribeInstanceInformationCommand({ ...filter, ...token, MaxResults: pageSize }), options),
    );
    found.push(...(page.InstanceInformationList ?? []));
    return page.NextToken;
  });
  return found;
}
