import type { Diagnosis } from '../model/diagnosis.ts';
import type { HostCheck } from '../model/host-report.ts';
import type { HostConfiguration, Upstream } from '../model/release-manifest.ts';
import { ipVersion } from '../network/address-ranges.ts';
import type { ReadIngress } from '../network/judge-ingress.ts';
import { diagnoseSilence } from './diagnose-silence.ts';
import { finding } from './finding.ts';

/**
 * Why an upstream check failed: address, the variable that carries it and where its value came from, the port that
 * must be open, or which of user, password, virtual host and permission the broker refused.
 */
export function diagnoseUpstream(
  check: HostCheck,
  configuration: HostConfiguration | undefined,
  ingress?: ReadIngress,
): Diagnosis | undefined {
  const name = /^(?:upstream|amqp):(.+)$/.exec(check.name)?.[1];
  if (name === undefined || check.isOk) {
    return undefined;
  }
  const upstream = configuration?.upstreams.find((each) => each.name === name);
  const file = `services/${configuration?.service ?? '<service>'}.yml`;
  switch (check.failure) {
    case 'name-unresolved':
      return finding(
        'upstream-name-unresolved',
        `the name of ${name} is not known to this host: ${placeOf(check, upstream)}`,
        `correct ${upstream?.variable ?? 'the address'} in ${file}, or the host's DNS (resolvectl query ${upstream?.host ?? name})`,
      );
    case 'upstream-refused':
      return finding(
        'upstream-refused',
        `${name} refuses connections: nothing listens at ${placeOf(check, upstream)}`,
        `start ${name} there, or correct ${variablesOf(upstream)} in ${file}`,
      );
    case 'amqp-auth-failed':
      return refusedLogin(name, check, upstream, configuration);
    case 'amqp-access-refused':
      return refusedAccess(name, check, upstream, configuration);
    default:
      return unreachable(name, check, upstream, file, ingress);
  }
}

function unreachable(
  name: string,
  check: HostCheck,
  upstream: Upstream | undefined,
  file: string,
  ingress: ReadIngress | undefined,
): Diagnosis {
  const speaksWrong = /no AMQP 0-9-1 broker|another version of AMQP|closed the connection before the login/.test(
    check.detail,
  );
  if (speaksWrong) {
    return finding(
      'upstream-unreachable',
      `what answers at ${placeOf(check, upstream)} is no RabbitMQ that is ready`,
      `look at ${name} there (rabbitmqctl status), or correct ${variablesOf(upstream)} in ${file}`,
    );
  }
  if (isSilence(check.detail)) {
    return diagnoseSilence(
      {
        name,
        place: placeOf(check, upstream),
        reason: reasonOf(check.detail),
        port: upstream?.port ?? portOf(check.detail),
        variables: variablesOf(upstream),
        file,
      },
      ingress,
    );
  }
  return finding(
    'upstream-unreachable',
    `${name} can not be reached at ${placeOf(check, upstream)}: ${reasonOf(check.detail)}`,
    `see the route of this host to it (ip route get ${upstream?.host ?? 'ADDRESS'}); if the address is wrong, correct ${variablesOf(upstream)} in ${file}`,
  );
}

/** Packets get no answer at all, not even a refusal: what a security group without a rule makes of them. */
function isSilence(detail: string): boolean {
  return /no answer|timed out/i.test(detail);
}

/** The upstream that gave no answer at all, as far as its security groups can be looked up. */
export interface SilentUpstream {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
}

/** What to look up of a failed check before its diagnosis; undefined where security groups have nothing to do with it. */
export function silentUpstream(
  check: HostCheck,
  configuration: HostConfiguration | undefined,
): SilentUpstream | undefined {
  const name = /^(?:upstream|amqp):(.+)$/.exec(check.name)?.[1];
  const isUnreachable = name !== undefined && !check.isOk && check.failure === 'upstream-unreachable';
  if (!isUnreachable || !isSilence(check.detail)) {
    return undefined;
  }
  const upstream = configuration?.upstreams.find((each) => each.name === name);
  // A name is looked up on the host, which may see another address than we would.
  const resolved = /no answer from (\S+) within/.exec(check.detail)?.[1];
  const host = resolved ?? upstream?.host ?? /^(\S+):\d+/.exec(check.detail)?.[1];
  const port = upstream?.port ?? Number(portOf(check.detail));
  return host === undefined || ipVersion(host) === 0 || !Number.isInteger(port) ? undefined : { address: host, port };
}

function refusedLogin(
  name: string,
  check: HostCheck,
  upstream: Upstream | undefined,
  configuration: HostConfiguration | undefined,
): Diagnosis {
  const missing = /the environment has no (.+)$/.exec(check.detail)?.[1];
  const file = `services/${configuration?.service ?? '<service>'}.yml`;
  if (missing !== undefined) {
    return finding(
      'amqp-auth-failed',
      `there is no login for ${name}: the environment has no ${missing}`,
      `name ${missing} under environment or secrets in ${file}`,
    );
  }
  const user = userOf(check, upstream, configuration);
  return finding(
    'amqp-auth-failed',
    `${name} refused user ${user}: the user is missing or the password is wrong (the broker does not tell which); ` +
      `at ${placeOf(check, upstream)}`,
    `on ${name}: rabbitmqctl list_users, then add_user or change_password ${user}; it must be the password in ` +
      `${parameterOf(upstream, configuration)}`,
  );
}

function refusedAccess(
  name: string,
  check: HostCheck,
  upstream: Upstream | undefined,
  configuration: HostConfiguration | undefined,
): Diagnosis {
  const user = userOf(check, upstream, configuration);
  const vhost = upstream?.amqp?.vhost ?? /vhost (\S+?)[:;,]?(?:\s|$)/.exec(check.detail)?.[1] ?? '/';
  if (/vhost .*not found/i.test(check.detail)) {
    return finding(
      'amqp-auth-failed',
      `${name} has no virtual host ${vhost} (user ${user} and its password are right)`,
      `on ${name}: rabbitmqctl add_vhost ${vhost} && rabbitmqctl set_permissions -p ${vhost} ${user} '.*' '.*' '.*'`,
    );
  }
  const isOpen = /are empty$/.test(check.detail);
  return finding(
    'amqp-auth-failed',
    isOpen
      ? `${name} lets user ${user} into virtual host ${vhost} and permits nothing there: configure, write and read are empty`
      : `${name} gives user ${user} no permission on virtual host ${vhost} (user and password are right)`,
    `on ${name}: rabbitmqctl set_permissions -p ${vhost} ${user} '.*' '.*' '.*'`,
  );
}

/** `10.0.0.5:8080 (CART_HOST, from tag Service=cart)` */
function placeOf(check: HostCheck, upstream: Upstream | undefined): string {
  if (upstream === undefined) {
    return /^\S+:\d+(?: \([^)]*\))?/.exec(check.detail)?.[0] ?? check.detail;
  }
  const origin = upstream.source === 'literal' ? 'written in the configuration' : `from ${upstream.source}`;
  return `${upstream.host}:${upstream.port} (${upstream.variable}, ${origin})`;
}

function variablesOf(upstream: Upstream | undefined): string {
  return upstream?.variable ?? 'the address';
}

function portOf(detail: string): number | undefined {
  const port = /^\S+:(\d+)/.exec(detail)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** What stands after the address: `no answer within 3 s`. */
function reasonOf(detail: string): string {
  return /^\S+:\d+(?: \([^)]*\))?: (.+)$/.exec(detail)?.[1] ?? detail;
}

function userOf(
  check: HostCheck,
  upstream: Upstream | undefined,
  configuration: HostConfiguration | undefined,
): string {
  const variable = upstream?.amqp?.userVariable ?? '';
  return (
    configuration?.environment[variable] ?? /user (\S+?)[:;,]?(?:\s|$)/.exec(check.detail)?.[1] ?? `of ${variable}`
  );
}

function parameterOf(upstream: Upstream | undefined, configuration: HostConfiguration | undefined): string {
  const secret = configuration?.secrets.find((each) => each.name === upstream?.amqp?.passwordVariable);
  return secret === undefined ? 'the secret of this service' : `SSM parameter ${secret.parameter}`;
}
