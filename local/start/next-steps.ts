import { relative } from 'node:path';

/** What a person can type now, in another terminal. */
export function nextSteps(facts: {
  readonly samplesFolder: string;
  readonly hosts: readonly { readonly name: string; readonly privateAddress: string; readonly isSimulated: boolean }[];
}): readonly string[] {
  const zip = (variant: string): string => `${relative(process.cwd(), facts.samplesFolder)}/payment-${variant}.zip`;
  const real = facts.hosts.filter((host) => !host.isSimulated);
  return [
    '',
    'The engine stays up until Ctrl-C. In another terminal, in this folder:',
    '',
    `  npx rollgate deploy ${zip('v2')}               a new version, host by host`,
    `  npx rollgate deploy ${zip('exits-at-start')}   a broken one: stopped at the first host and taken back`,
    `  npx rollgate deploy ${zip('pip-fails')}        one that can't be installed: no running service is touched`,
    '  npx rollgate rollback                                        back to the release before',
    '  npx rollgate status                                          the hosts and the last deployment',
    '  npx rollgate --help',
    ...(real.length === 0
      ? []
      : ['', ...real.map((host) => `  curl http://${host.privateAddress}:8080/health   # ${host.name}`)]),
    '',
  ];
}
