import { relative } from 'node:path';

/** What a person can type now, in another terminal. */
export function nextSteps(facts: {
  readonly samplesFolder: string;
  readonly hosts: readonly { readonly name: string; readonly privateAddress: string; readonly isSimulated: boolean }[];
  /** Where the simulated load balancer takes requests; absent where the hosts are simulated. */
  readonly balancerUrl?: string;
}): readonly string[] {
  const folder = relative(process.cwd(), facts.samplesFolder);
  const near = folder.startsWith('..') ? facts.samplesFolder : folder;
  const commands: readonly (readonly [typed: string, what: string])[] = [
    [`deploy ${near}/payment-v2.zip`, 'a new version, host by host'],
    [`deploy ${near}/payment-exits-at-start.zip`, 'a broken one: stopped at the first host and taken back'],
    [`deploy ${near}/payment-pip-fails.zip`, "one that can't be installed: no running service is touched"],
    ['rollback', 'back to the release before'],
    ['status', 'the hosts and the last deployment'],
    ['--help', 'the rest'],
  ];
  const width = Math.max(...commands.map(([typed]) => typed.length));
  const real = facts.hosts
    .filter((host) => !host.isSimulated)
    .map((host) => [`http://${host.privateAddress}:8080`, host.name] as const);
  const doors = [
    ...real,
    ...(facts.balancerUrl === undefined
      ? []
      : [[facts.balancerUrl, 'through the simulated load balancer: in turn to each healthy host'] as const]),
  ];
  const longest = Math.max(0, ...doors.map(([url]) => url.length));
  return [
    '',
    'The engine stays up until Ctrl-C. In another terminal, in this folder:',
    '',
    ...commands.map(([typed, what]) => `  npx rollgate ${typed.padEnd(width)}   ${what}`),
    ...(doors.length === 0
      ? []
      : ['', ...doors.map(([url, what]) => `  curl ${`${url}/health`.padEnd(longest + 7)}   # ${what}`)]),
    '',
  ];
}
