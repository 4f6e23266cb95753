import type { DeploymentView } from '../../core/views/deployment-view.ts';
import type { EndView, HostEnd } from '../../core/views/end-view.ts';
import { deploymentWords, leftWords, type Mess } from '../../core/views/status-words.ts';
import { timeText } from './instant.ts';
import { padEnd, type Style } from './style.ts';

const colourOfMess = { none: 'green', mixed: 'yellow', dirty: 'red' } as const satisfies Readonly<Record<Mess, string>>;

/** How a deployment ended: first whether a mess was left, then why, then who runs what, then what to type. */
export function renderEnd(view: DeploymentView, end: EndView, style: Style): readonly string[] {
  const word = deploymentWords[view.status];
  const [reason = '', ...more] = end.reason.text.split('\n');
  const nameWidth = Math.max(0, ...end.hosts.map((host) => host.name.length));
  const leftWidth = Math.max(0, ...end.hosts.map((host) => leftWords[host.status].word.length));
  return [
    `${style.icon(word)} ${style.strong(style.paint(word.colour, word.word))}  ${style.paint(colourOfMess[end.mess], end.meaning)}`,
    `  why: ${reason}`,
    ...more.map((line) => `       ${line}`),
    ...end.hosts.flatMap((host) => renderHost(host, nameWidth, leftWidth, style)),
  ];
}

function renderHost(host: HostEnd, nameWidth: number, leftWidth: number, style: Style): readonly string[] {
  const word = leftWords[host.status];
  const seen = host.observedAt === null ? '' : style.faint(`  seen ${timeText(Date.parse(host.observedAt))} UTC`);
  const outside = host.isOutside ? `  ${style.paint('red', 'out of its load balancer')}` : '';
  const back =
    host.goesBackTo === undefined || host.goesBackTo === host.running
      ? ''
      : `  ${style.faint(`a later deployment that fails puts it back on ${host.goesBackTo}`)}`;
  const left = style.paint(word.colour, padEnd(word.word, leftWidth));
  return [
    `  ${style.icon(word)} ${padEnd(host.name, nameWidth)}  ${left}  ${host.why === null ? '' : `${host.why}; `}runs ${host.running}${outside}${seen}${back}`,
    ...host.reported.map((text) => `    ${style.paint('yellow', `⚠ ${text}`)}`),
    ...(host.command === undefined ? [] : [`    type: ${host.command}`]),
    ...(host.repair === null ? [] : [`    ${style.strong('repair:')} ${host.repair}`]),
  ];
}
