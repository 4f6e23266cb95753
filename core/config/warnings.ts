import type { RolloutConfig, ServiceConfig } from '../model/service-config.ts';
import { defaultStableSeconds } from './defaults.ts';
import { pathText } from './problems.ts';

/** Names of variables whose values are secrets more often than not. */
const secretName = /PASS(WORD|WD)?$|SECRET|TOKEN|PRIVATE_KEY|API_KEY|CREDENTIAL/i;

/** What is allowed and probably not meant, each `path: sentence`; shown at every deployment. */
export function configWarnings(config: ServiceConfig): readonly string[] {
  return [
    ...runWarnings(config),
    ...(config.run.program === 'uwsgi' ? uwsgiWarnings(config.run) : []),
    ...environmentWarnings(config),
    ...healthWarnings(config),
    ...approvalWarnings(config.rollout),
  ];
}

function runWarnings({ run }: ServiceConfig): string[] {
  return run.user === 'root'
    ? ['run.user: the service runs as root; a fault in it is a fault of the whole host, roboshop would do']
    : [];
}

function uwsgiWarnings(run: ServiceConfig['run']): string[] {
  const words = run.arguments;
  const found: string[] = [];
  const ini = words.findIndex((word) => /^--ini(=|$)/.test(word));
  const identity = words.findIndex((word) => /^--[ug]id(=|$)/.test(word));
  if (identity >= 0 && ini > identity) {
    found.push(`run.arguments[${identity}]: stands before --ini, so the ini file overrules it`);
  }
  for (const [index, word] of words.entries()) {
    const name = /^--([ug]id)(?:=(.+))?$/.exec(word);
    const value = name?.[2] ?? words[index + 1] ?? '';
    if (name !== null && !/^(\d+|\{[ug]id\})$/.test(value)) {
      found.push(
        `run.arguments[${index}]: uWSGI overrules the ini file only with a number; write "{${name[1]}}", which becomes the one of run.user`,
      );
    }
  }
  if (!words.includes('--need-app')) {
    found.push('run.arguments: without --need-app uWSGI stays alive after an import error and answers 500');
  }
  if (!words.some((word) => /gracefully_kill_them_all/.test(word))) {
    found.push(
      'run.arguments: without --hook-master-start "unix_signal:15 gracefully_kill_them_all" a stop reloads uWSGI, and what is in flight is killed after unit.stopSeconds',
    );
  }
  return found;
}

function environmentWarnings({ environment, secrets }: ServiceConfig): string[] {
  const plain = Object.entries(environment)
    .filter(([name, value]) => secretName.test(name) && value.kind === 'literal' && value.value !== '')
    .map(
      ([name]) =>
        `${pathText(['environment', name])}: looks like a secret, and stands in the ledger in clear text; move it to secrets`,
    );
  const pinned = Object.entries(secrets)
    .filter(([, secret]) => secret.version !== undefined)
    .map(
      ([name, secret]) =>
        `${pathText(['secrets', name, 'version'])}: version ${secret.version} is pinned, so a rotation does not reach the service`,
    );
  return [...plain, ...pinned];
}

function healthWarnings({ health, upstreams }: ServiceConfig): string[] {
  const found: string[] = [];
  if (health.stableSeconds < defaultStableSeconds) {
    found.push(
      `health.stableSeconds: a process that dies later than ${health.stableSeconds} s after its start passes the gate`,
    );
  }
  if (health.reportOnly.length > 0) {
    const [only, ...more] = health.reportOnly;
    const names = more.length === 0 ? `${only} does` : `${health.reportOnly.join(', ')} do`;
    found.push(
      `health.reportOnly: ${names} not decide; a host passes whatever ${more.length === 0 ? 'it finds' : 'they find'}`,
    );
  }
  if (Object.keys(upstreams).length === 0) {
    found.push('upstreams: none is named, so a closed security group shows only when the first request needs it');
  }
  return found;
}

/** An approval that uploads must have is there to keep what anybody may upload away from the hosts. */
function approvalWarnings({ approval }: RolloutConfig): string[] {
  if (approval.kind === 'none' || approval.for !== 'uploads' || approval.kind === 'before-staging') {
    return [];
  }
  const reaches = approval.kind === 'after-wave' ? 'runs on the hosts of the first waves' : 'is staged on every host';
  return [
    `rollout.approval: an upload ${reaches} before anybody approves it (pip may run code of it); before-staging keeps it off`,
  ];
}
