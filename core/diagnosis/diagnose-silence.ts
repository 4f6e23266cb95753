import type { Diagnosis } from '../model/diagnosis.ts';
import type { NamedGroup, ReadIngress } from '../network/judge-ingress.ts';
import { finding } from './finding.ts';

/** An upstream that gave no answer at all, not even a refusal. */
export interface SilenceFacts {
  readonly name: string;
  /** `10.0.0.5:8080 (CART_HOST, from tag Service=cart)` */
  readonly place: string;
  /** `no answer within 3 s` */
  readonly reason: string;
  readonly port: number | undefined;
  /** `CART_HOST` */
  readonly variables: string;
  /** `services/payment.yml` */
  readonly file: string;
}

/** Why an upstream keeps silent: what its security groups say of it, where they were read. */
export function diagnoseSilence(facts: SilenceFacts, ingress: ReadIngress | undefined): Diagnosis {
  const { name, place, variables, file } = facts;
  const port = facts.port ?? 'on its port';
  const silence = `${name} does not answer at ${place}`;
  const ifWrong = `if the address is wrong, correct ${variables} in ${file}`;
  switch (ingress?.kind) {
    case 'ingress-missing':
      return finding(
        'upstream-unreachable',
        `${silence}: its ${groupText(ingress.group, ingress.isSimulated)} lets nothing in from ${endText(ingress.source)} on TCP ${port}`,
        `add the missing ingress rule and rerun the deployment; ${ifWrong}`,
        ingress.command,
      );
    case 'egress-missing':
      return finding(
        'upstream-unreachable',
        `${silence}: the ${groupText(ingress.group, ingress.isSimulated)} of this host lets nothing out to ${endText(ingress.target)} on TCP ${port}`,
        `add the missing egress rule and rerun the deployment; ${ifWrong}`,
        ingress.command,
      );
    case 'perhaps': {
      const [list = ''] = ingress.prefixListIds;
      const isIn = ingress.direction === 'in';
      return finding(
        'upstream-unreachable',
        `${silence}: ${isIn ? 'its security groups let this host in' : "this host's security groups let it out"} on TCP ${port} only if prefix list ${ingress.prefixListIds.join(' or ')} holds ${isIn ? 'the address of this host' : 'that address'}`,
        `see what the list holds, and add what is missing; ${ifWrong}`,
        `aws ec2 get-managed-prefix-list-entries --prefix-list-id ${list}`,
      );
    }
    case 'open':
      return finding(
        'upstream-unreachable',
        `${silence}: ${facts.reason}, though ${ingress.group === null ? 'no security group filters it' : `its security group ${ingress.group.groupId} (${ingress.group.name}) lets this host in on TCP ${port}`}`,
        `it is not the security groups: see that ${name} runs and listens on that address (ss -ltn there), its host firewall, and the network ACLs and routes of both subnets; ${ifWrong}`,
      );
    case 'nobody':
      return finding(
        'upstream-unreachable',
        `${silence}: no network interface of this account and region has that address`,
        `correct ${variables} in ${file}: the instance it belonged to may be gone; in a peered network or another account, see the security group there and the route to it`,
      );
    case 'ambiguous':
      return finding(
        'upstream-unreachable',
        `${silence}: that address exists in ${ingress.vpcIds.join(' and ')}, and none of them is the VPC of this host`,
        `see which one is meant, its security group on TCP ${port} and the peering and routes to it; ${ifWrong}`,
      );
    case 'host-unknown':
      return withoutGroups(facts, 'EC2 shows no network interface of this host');
    case 'unread':
      return withoutGroups(facts, `the security groups could not be read: ${ingress.why}`);
    case undefined:
      return withoutGroups(facts, undefined);
  }
}

/** The most frequent cause, named as that and no more. */
function withoutGroups(facts: SilenceFacts, why: string | undefined): Diagnosis {
  const { name, place, reason, variables, file } = facts;
  return finding(
    'upstream-unreachable',
    `${name} does not answer at ${place}: ${reason}${why === undefined ? '' : ` (${why})`}`,
    `let this host in: the security group of ${name} needs an ingress rule for TCP ${facts.port ?? 'on its port'} from ` +
      `the security group of this host (aws ec2 authorize-security-group-ingress --protocol tcp --port ${facts.port ?? 'PORT'}); ` +
      `if the address is wrong, correct ${variables} in ${file}`,
  );
}

/** `security group sg-0c (cart)` */
function groupText({ groupId, name }: NamedGroup, isSimulated: boolean): string {
  return `${isSimulated ? 'simulated ' : ''}security group ${groupId} (${name})`;
}

function endText(end: NamedGroup | string): string {
  return typeof end === 'string' ? end : `${end.groupId} (${end.name})`;
}
