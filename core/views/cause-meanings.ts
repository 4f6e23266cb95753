import type { Cause, CauseKind } from '../model/causes.ts';
import { type CauseDecisions, decideByCause } from '../rollout/decide/decide-by-cause.ts';

/** What each cause stands for, for people who look it up; a diagnosis says it of the case at hand. */
export const causeMeanings: Readonly<Record<Cause, string>> = {
  'os-packages-failed': 'the package manager of the host could not install what `runtime.packages` names',
  'interpreter-missing': 'the host has none of the Pythons that `runtime.python` accepts',
  'artifact-corrupt': 'the host downloaded other bytes than were released',
  'artifact-invalid': 'the zip can not be unpacked as a release',
  'download-failed': 'the host did not get the release from S3',
  'pip-install-failed': 'a Python package can not be had or not be built; header, library and OS package are named',
  'package-index-unreachable': 'the host does not reach the package index, or does not trust it',
  'secret-unreadable': 'a SecureString parameter is missing, or the role of the host may not read or decrypt it',
  'uwsgi-not-found': 'the program of `run.program` is not where the unit expects it',
  'app-load-failed': 'uWSGI started and the application in it did not; the last line of its traceback is quoted',
  'start-failed': 'systemd could not start the service, or it ended by itself',
  'stop-failed': 'the service that runs does not stop, not even when killed',
  'crash-loop': 'the service starts and dies again',
  'port-in-use': 'another process has the port; it is named',
  'upstream-unreachable':
    'an upstream gives no answer; the security groups of both ends are read and the missing rule named',
  'upstream-refused': 'nothing listens at the address of an upstream',
  'upstream-name-unresolved': 'the name of an upstream is not known to the host',
  'amqp-auth-failed': 'RabbitMQ refuses user or password (it does not tell which), virtual host or permission',
  'target-unhealthy': 'the load balancer did not call the host healthy after its own gate; its reason is quoted',
  'target-group-unusable': 'the target group is gone, refuses Rollgate or the host, or gets no requests for it',
  'last-healthy-target': 'the load balancer has no other healthy host, so this one was not taken out',
  'http-unhealthy': 'the health check is not answered as it should be; status and body are quoted',
  'journal-errors': 'the journal since this start has a line that `health.journalPatterns` names',
  'worker-deaths': 'uWSGI workers die while their master stays up',
  'disk-full': 'the disk of the host is full, or would be',
  'out-of-memory': 'the kernel killed the service or a compiler for memory',
  'release-missing': 'the release to activate is not on the host',
  'previous-missing': 'the host does not know what ran before',
  'permission-denied': 'the role of the host, or that of the deployer, lacks a permission; it is named',
  'agent-offline': 'SSM does not reach the host',
  'host-lost': 'the host went away during the deployment',
  'delivery-timed-out': 'the agent did not take a command in time',
  'execution-timed-out': 'a script took longer than its document allows',
  'command-lost': 'SSM had no room for a command, or nobody knows what became of it',
  'command-cancelled': 'somebody cancelled a command',
  'late-command-refused': 'a command reached the host too late and was refused there',
  'fence-refused': 'the host has heard of a newer deployment',
  'limit-reached': 'AWS allows the account no more of a call or of a thing; the limit is named',
  'call-failed':
    'a function of the deployer failed before it could send a command, or ask for its end; its error is quoted',
  'clock-skew': 'the clock of the host is wrong',
  'script-failed': 'a script of Rollgate ended without saying why',
  unknown: 'none of these: the report of the host is quoted',
};

/** Whose fault a cause is, as a heading. */
export const kindTitles: Readonly<Record<CauseKind, string>> = {
  release: 'The release',
  host: 'One host',
  shared: 'Something the release calls',
  platform: 'The platform',
};

const staging: Readonly<Record<CauseDecisions['staging'], string>> = {
  count: 'the host counts against `maxFailedHosts`; beyond it the deployment ends `FailedClean`',
  retry: 'it is tried three times with a pause in between; then as for one host',
};

const putBack = 'the host is put back and counts against `maxFailedHosts`; beyond it all are put back';

const switching: Readonly<Record<CauseDecisions['switching'], string>> = {
  count: putBack,
  revert: putBack,
  ask: 'nothing is put back: the rollout waits for `resume` or `halt`. Where this release brought the address or the login, it is the fault of the release',
  retry:
    'nothing is put back: the host is settled, says what it runs, and is activated or verified again; after six commands in vain the rollout waits for `resume` or `halt`',
};

/** What Rollgate does by itself about a cause of this kind, before and after the first host was switched. */
export function decisionTexts(kind: CauseKind): { readonly staging: string; readonly switching: string } {
  return {
    staging: staging[decideByCause(kind, 'staging')],
    switching: switching[decideByCause(kind, 'switching')],
  };
}
