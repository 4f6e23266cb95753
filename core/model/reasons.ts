/**
 * Why a status changed: a machine word from this closed list, and the sentence for a person that stands beside it.
 * Code branches on `code`, never on `text`.
 */
const templates = {
  'all-hosts-passed': (facts: { release: string; count: number; leftOut?: string; offline?: string }) =>
    `${facts.release} runs on ${hosts(facts.count)} and every one passed its gate${listed('left out', facts.leftOut)}${listed('offline', facts.offline)}`,
  'dry-run': (facts: { release: string; count: number }) =>
    `a plan only: ${facts.release} would go to ${hosts(facts.count)}; nothing was changed`,
  'newer-upload': (facts: { versionId: string }) => `a newer upload (version ${facts.versionId}) took its place`,
  'asked-since': (facts: { by: string; versionId: string; deploymentId: string; isSame: boolean }) =>
    facts.isSame
      ? `${facts.by} asked for the deployment of this upload (version ${facts.versionId}) before its event came: ${facts.deploymentId}`
      : `${facts.by} asked for the deployment of a newer upload (version ${facts.versionId}): ${facts.deploymentId}`,
  'rollback-asked-for': (facts: { deploymentId: string }) =>
    `the rollback ${facts.deploymentId} was asked for while it waited and took its place`,
  'within-budget': (facts: {
    release: string;
    count: number;
    failed: string;
    offline?: string;
    error?: string | null;
  }) =>
    `${facts.release} runs on ${hosts(facts.count)}; on their previous release: ${facts.failed}` +
    `${listed('offline', facts.offline)}${after(facts.error)}`,
  unfinished: (facts: { release: string; hosts: string }) =>
    `no end was found after so many decisions; ${facts.release} does not run on: ${facts.hosts}`,
  'invalid-input': (facts: { problems: string }) => facts.problems,
  'stage-failed': (facts: { host: string; why: string }) => `could not be staged on ${facts.host}: ${facts.why}`,
  'gate-failed': (facts: { host: string; why: string }) => `did not pass on ${facts.host}: ${facts.why}`,
  'step-error': (facts: { what: string; why: string }) => `${facts.what}: ${facts.why}`,
  'host-unknown': (facts: { host: string }) => `${facts.host} gave no answer in time`,
  halted: (facts: { by: string; why: string }) => `halted by ${facts.by}${facts.why === '' ? '' : `: ${facts.why}`}`,
  'deadline-passed': (facts: { seconds: number }) => `not finished within ${facts.seconds} s`,
  'no-progress': (facts: { seconds: number; last: string }) =>
    `no further host was staged or passed its gate for ${facts.seconds} s; the last progress: ${facts.last}`,
  'alarm-firing': (facts: { alarms: string; count: number }) =>
    `${facts.count === 1 ? 'this CloudWatch alarm is' : 'these CloudWatch alarms are'} in ALARM: ${facts.alarms}`,
  'nobody-answered': (facts: { why: string }) => `nobody ended the ${facts.why} within its time limit`,
  'too-many-down': (facts: { down: readonly string[]; limit: number }) =>
    `${hosts(facts.down.length)} of the target ${facts.down.length === 1 ? 'is' : 'are'} down already and maxUnavailable is ${facts.limit}: ${facts.down.join(', ')}`,
  'last-serving-host': (facts: { host: string; instanceId: string; release: string }) =>
    `${facts.host} is the only host of the target that can be reached and serves, so it stays up; bring another host back, ` +
    `or name ${facts.host}: rollgate deploy --release ${facts.release} --hosts ${facts.instanceId}`,
  'execution-error': (facts: { name: string; cause: string }) => `${facts.name}: ${facts.cause}`,
  'execution-ended': (facts: { why: string }) => `its execution ended early (${facts.why}) and was repaired`,
  'not-reverted': (facts: { hosts: string; error?: string | null }) =>
    `these hosts are not as they should be: ${facts.hosts}${after(facts.error)}`,
  'lock-refused': (facts: { why: string }) => facts.why,
} as const;

export type ReasonCode = keyof typeof templates;

export const reasonCodes = Object.keys(templates) as readonly ReasonCode[];

export interface Reason {
  readonly code: ReasonCode;
  readonly text: string;
}

/** The reason of this code with its sentence filled in. */
export function reason<C extends ReasonCode>(code: C, facts: Parameters<(typeof templates)[C]>[0]): Reason {
  const template = templates[code] as (facts: Parameters<(typeof templates)[C]>[0]) => string;
  return { code, text: template(facts) };
}

function listed(what: string, names: string | undefined): string {
  return names === undefined || names === '' ? '' : `; ${what}: ${names}`;
}

/** An error that a sentence ends with. */
function after(error: string | null | undefined): string {
  return error == null ? '' : `; ${error}`;
}

function hosts(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`;
}
