import { type Counted, costOf, countDeployments, countSweep, type Usage } from './count-deployment.ts';
import { hoursOfMonth, prices, sweepsOfMonth } from './prices.ts';

const fleets = [3, 8, 16] as const;

/** Alarms of infra/alarms.yml. */
const alarms = 5;

/** Counts the deployments of each fleet, one after another: the meters share the log. */
export async function countFleets(): Promise<readonly Counted[]> {
  const counted: Counted[] = [];
  for (const hosts of fleets) {
    counted.push(await countDeployments(hosts));
  }
  return counted;
}

/** The tables by the name of their markers in the page. */
export async function costTables(counted: readonly Counted[]): Promise<Readonly<Record<string, string>>> {
  return { 'costs-of-deployments': deploymentTable(counted), 'costs-of-months': monthTable(await countSweep()) };
}

/** The page with every table put in anew. Throws where the page has no place for one. */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((page, [name, table]) => {
    const place = new RegExp(`<!-- generated: ${name} -->\\n[\\s\\S]*?<!-- end -->`);
    if (!place.test(page)) {
      throw new Error(`docs/deploying-to-aws.md: there is no marker for ${name}`);
    }
    return page.replace(place, () => `<!-- generated: ${name} -->\n${table}\n<!-- end -->`);
  }, text);
}

function deploymentTable(counted: readonly Counted[]): string {
  const row = (hosts: number, what: string, usage: Usage): string =>
    `| ${[
      `${what}, ${hosts} hosts`,
      rounded(usage.transitions),
      rounded(usage.invocations),
      rounded(usage.s3Writes),
      rounded(usage.s3Reads),
      dollars(costOf(usage)),
    ].join(' | ')} |`;
  return [
    '| one deployment | transitions | Lambda calls | S3 writes and lists | S3 reads | cost |',
    '|---|---|---|---|---|---|',
    ...counted.flatMap(({ hosts, rollout, rollback, failed }) => [
      row(hosts, 'a new version', rollout),
      row(hosts, 'a rollback', rollback),
      row(hosts, 'a version that is taken back', failed),
    ]),
  ].join('\n');
}

function monthTable(sweep: Usage): string {
  const rows: readonly (readonly [what: string, cost: number])[] = [
    ["the key of the service's secrets", prices.keyMonth],
    [`${alarms} alarms`, alarms * prices.alarmMonth],
    [`the sweep, ${rounded(sweepsOfMonth)} times`, sweepsOfMonth * costOf(sweep)],
    ['10 GB in the two buckets', 10 * prices.s3GigabyteMonth],
  ];
  const total = rows.reduce((sum, [, cost]) => sum + cost, 0);
  const endpoints = 2 * 2 * hoursOfMonth * prices.endpointHour;
  return [
    '| one month | cost |',
    '|---|---|',
    ...rows.map(([what, cost]) => `| ${what} | ${dollars(cost)} |`),
    `| **together, before any deployment** | **${dollars(total)}** |`,
    `| only where private subnets need them: interface endpoints for ssm and ssmmessages, in two zones | ${dollars(endpoints)} |`,
  ].join('\n');
}

/** Two digits that count: the counts move a little with every change of the handlers. */
function rounded(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return String(Math.round(count / unit) * unit);
}

/** `$0.0051`, `$1.00`, `$32` */
function dollars(amount: number): string {
  if (amount >= 10) {
    return `$${amount.toFixed(0)}`;
  }
  return amount >= 0.1 ? `$${amount.toFixed(2)}` : `$${Number(amount.toPrecision(2))}`;
}
