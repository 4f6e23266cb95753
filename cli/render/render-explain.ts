import type { Evidence, HostCheck } from '../../core/model/host-report.ts';
import type { StepAction } from '../../core/model/statuses.ts';
import { durationText } from '../../core/views/elapsed.ts';
import { reportedText } from '../../core/views/end-view.ts';
import type { ExplainedError, ExplainedHost, ExplainedStep, ExplainView } from '../../core/views/explain-view.ts';
import { saidText } from '../../core/views/said-view.ts';
import { deploymentWords, leftWords, stepWords } from '../../core/views/status-words.ts';
import { timeText } from './instant.ts';
import { padEnd, padStart, type Style } from './style.ts';
import { sizeText } from './table.ts';

/** What went wrong and what to do, host by host; hosts with the same cause and remedy stand together. */
export function renderCauses(view: ExplainView, style: Style): readonly string[] {
  const failed = view.hosts.filter((host) => host.diagnosis !== null);
  const groups = Map.groupBy(failed, (host) =>
    JSON.stringify([host.diagnosis, host.repair, host.errors.map((error) => error.meaning)]),
  );
  const fine = view.hosts.length - failed.length;
  return [
    ...renderHead(view, style),
    ...[...groups.values()].flatMap((hosts) => ['', ...renderGroup(hosts, style)]),
    ...(fine === 0 ? [] : ['', `${fine === 1 ? '1 host' : `${fine} hosts`} without a failure`]),
  ];
}

/** Everything that was asked of one host, what it said, and what was seen there. */
export function renderEvidence(view: ExplainView, host: ExplainedHost, style: Style): readonly string[] {
  return [
    ...renderHead(view, style),
    '',
    ...renderGroup([host], style),
    ...host.steps.flatMap((step) => ['', ...renderStep(step, style)]),
    ...host.errors.flatMap((error) => ['', ...renderError(error, style)]),
    ...(host.steps.length + host.errors.length === 0 ? ['', 'nothing was asked of this host'] : []),
  ];
}

function renderHead(view: ExplainView, style: Style): readonly string[] {
  const word = deploymentWords[view.status];
  const [reason, ...more] = view.reason?.split('\n') ?? [];
  return [
    `${style.icon(word)} ${style.strong(style.paint(word.colour, word.word))}  ${view.deploymentId}  ${view.service} on ${view.stage}`,
    ...(reason === undefined ? [] : [`  why: ${reason}`]),
    ...more.map((line) => `       ${line}`),
    ...view.said.map((word) => `  ${timeText(Date.parse(word.at))} UTC: ${saidText(word)}`),
  ];
}

function renderGroup(hosts: readonly ExplainedHost[], style: Style): readonly string[] {
  const [first] = hosts;
  if (first === undefined) {
    return [];
  }
  const { diagnosis, repair, errors } = first;
  return [
    ...hosts.map((host) => hostTitle(host, style)),
    ...(diagnosis === null
      ? []
      : [
          `  ${style.paint('red', diagnosis.cause)}: ${diagnosis.meaning}`,
          `  next: ${diagnosis.remedy}`,
          ...(diagnosis.command === undefined ? [] : [`  type: ${diagnosis.command}`]),
          `  ${style.faint(kindText[diagnosis.kind])}`,
        ]),
    ...errors
      .filter(({ meaning }) => meaning !== diagnosis?.meaning)
      .flatMap(({ meaning, remedy, times }) => [`  ${timesText(times)}${meaning}`, `  next: ${remedy}`]),
    ...(repair === null ? [] : [`  ${style.strong('repair:')} ${repair}`]),
  ];
}

/** What Rollgate makes of a cause: why it did what it did. */
const kindText = {
  release: 'a fault of the release: what it touched is reverted',
  host: 'a fault of this host: it counts against maxFailedHosts',
  shared: 'a fault outside the release: where the old release shows it too, the rollout pauses and reverts nothing',
  platform: 'a fault of the platform: tried again before it counts',
} as const;

function hostTitle(host: ExplainedHost, style: Style): string {
  const name = `${style.strong(host.name)} (${host.instanceId})${host.isSimulated ? ' (simulated)' : ''}`;
  if (host.left === null) {
    return `${name}  runs ${host.running}`;
  }
  const word = leftWords[host.left];
  return `${style.icon(word)} ${name}  ${style.paint(word.colour, word.word)}, runs ${host.running}`;
}

function renderStep(step: ExplainedStep, style: Style): readonly string[] {
  const word = stepWords[step.status];
  const title = `${actionText[step.action]}${step.attempt === 1 ? '' : ` (attempt ${step.attempt})`}`;
  const took = step.durationSeconds === null ? '' : `  ${padStart(durationText(step.durationSeconds), 8)}`;
  return [
    `${timeText(Date.parse(step.startedAt))}  ${style.icon(word)} ${padEnd(title, 12)}  ${style.paint(word.colour, word.word)}${took}`,
    ...(step.message === null ? [] : [`          ${step.message}`]),
    ...step.checks.map((check) => `          ${checkText(check, style)}`),
    ...(step.evidence === null ? [] : evidenceLines(step.evidence, style).map((line) => `          ${line}`)),
    ...(step.commandId === null ? [] : [`          ${style.faint(`command ${step.commandId}`)}`]),
  ];
}

function renderError({ action, times, lastAt, meaning, remedy }: ExplainedError, style: Style): readonly string[] {
  const word = stepWords.unknown;
  const title = padEnd(actionText[action], 12);
  return [
    `${timeText(Date.parse(lastAt))}  ${style.icon(word)} ${title}  ${style.paint(word.colour, 'error')}`,
    `          ${timesText(times)}${meaning}`,
    `          next: ${remedy}`,
  ];
}

function timesText(times: number): string {
  return times === 1 ? '' : `${times} times: `;
}

const actionText: Readonly<Record<StepAction, string>> = {
  install: 'install',
  activate: 'activate',
  verify: 'gate',
  revert: 'revert',
  verifyRevert: 'revert gate',
  settle: 'settle',
  drain: 'drain',
  join: 'join',
};

function checkText(check: HostCheck, style: Style): string {
  if (check.isReportOnly !== true) {
    const word = check.isOk ? stepWords.done : stepWords.failed;
    return `${style.icon(word)} ${check.name}: ${check.detail}`;
  }
  const word = check.isOk ? stepWords.done : stepWords.reported;
  const text = check.isOk ? `${check.name}: ${check.detail} (report only)` : reportedText(check);
  return `${style.icon(word)} ${check.isOk ? text : style.paint(word.colour, text)}`;
}

function evidenceLines(evidence: Evidence, style: Style): readonly string[] {
  const { exitCode, systemd = {}, dropIns = [], http, portOwner, diskFreeBytes, memoryFreeBytes, oomKills } = evidence;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['exit code', exitCode?.toString()],
    ['systemd', nonEmpty(Object.entries(systemd).map(([name, value]) => `${name}=${value}`))],
    ['drop-ins', nonEmpty(dropIns)],
    ['http', http === undefined ? undefined : http.status === 0 ? 'no answer' : `${http.status} ${http.body}`.trim()],
    ['port', portOwner === undefined ? undefined : `taken by ${portOwner}`],
    ['disk', diskFreeBytes === undefined ? undefined : `${sizeText(diskFreeBytes)} free`],
    ['memory', memoryFreeBytes === undefined ? undefined : `${sizeText(memoryFreeBytes)} free`],
    ['killed', oomKills === undefined || oomKills === 0 ? undefined : `${oomKills} times for memory`],
    ['looked for', nonEmpty(evidence.lookedFor ?? [])],
    ['script', evidence.scriptLine],
  ];
  return [
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`${style.faint(padEnd(name, 10))}  ${text}`])),
    ...quoted('journal', evidence.journal, style),
    ...quoted('pip', evidence.pip, style),
    ...quoted('output', evidence.output, style),
  ];
}

function nonEmpty(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ');
}

/** Lines as the host gave them. */
function quoted(name: string, lines: readonly string[] | undefined, style: Style): readonly string[] {
  return lines === undefined || lines.length === 0
    ? []
    : [style.faint(name), ...lines.map((line) => `${style.faint('│')} ${line}`)];
}
