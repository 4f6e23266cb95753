import type { Diagnosis } from '../model/diagnosis.ts';
import type { HostConfiguration, Upstream } from '../model/release-manifest.ts';

/** The release that is stable while this one is deployed: the one the hosts ran before. */
export interface ReleaseBefore {
  /** `v41` */
  readonly name: string;
  readonly configuration: HostConfiguration;
}

/**
 * A fault at an upstream is shared where the release before calls the same thing: it sees the same. Where this release
 * calls another address, another virtual host or with another login, the release is what changed, and is at fault.
 */
export function whoseFault(
  diagnosis: Diagnosis,
  upstreamName: string,
  now: HostConfiguration | undefined,
  before: ReleaseBefore | undefined,
): Diagnosis {
  const [ours, theirs] = [now, before?.configuration].map((each) =>
    each?.upstreams.find((upstream) => upstream.name === upstreamName),
  );
  if (diagnosis.kind !== 'shared' || before === undefined || now === undefined || ours === undefined) {
    return diagnosis;
  }
  const { meaning } = diagnosis;
  if (theirs === undefined) {
    return { ...diagnosis, kind: 'release', meaning: `${meaning}; ${before.name} calls no ${upstreamName}` };
  }
  if (addressOf(ours) !== addressOf(theirs)) {
    return { ...diagnosis, kind: 'release', meaning: `${meaning}; ${before.name} calls it at ${addressOf(theirs)}` };
  }
  if (loginOf(ours, now) !== loginOf(theirs, before.configuration)) {
    return { ...diagnosis, kind: 'release', meaning: `${meaning}; ${before.name} logs in otherwise` };
  }
  return { ...diagnosis, meaning: `${meaning}; ${before.name} calls the same` };
}

function addressOf({ host, port }: Upstream): string {
  return `${host}:${port}`;
}

/** Who logs in where, and where the password comes from; the password itself is nowhere here. */
function loginOf({ amqp }: Upstream, { environment, secrets }: HostConfiguration): string {
  if (amqp === undefined) {
    return '';
  }
  const ofVariable = (variable: string): unknown =>
    secrets.find((secret) => secret.name === variable) ?? environment[variable] ?? null;
  return JSON.stringify([amqp.vhost, ofVariable(amqp.userVariable), ofVariable(amqp.passwordVariable)]);
}
