import type { DeploymentView } from '../../core/views/deployment-view.ts';
import { durationText } from '../../core/views/elapsed.ts';
import { saidText } from '../../core/views/said-view.ts';
import { deploymentWords, hostWords, movingIcon, type StatusWord } from '../../core/views/status-words.ts';
import { timeText } from './instant.ts';
import type { Style } from './style.ts';

/** What has changed since the view before, one line each: for logs and pipes, where nothing is redrawn. */
export function changeLines(
  before: DeploymentView | null,
  after: DeploymentView,
  nowMilliseconds: number,
  style: Style,
): readonly string[] {
  const time = timeText(nowMilliseconds);
  const status = statusLines(before, after, time, style);
  const hosts = [...saidLines(before, after), ...hostLines(before, after, time, style)];
  const warned = warningLines(before, after, time, style);
  // What hosts did led to the new status; at first the status comes before what it leads to.
  return before === null ? [...status, ...hosts, ...warned] : [...hosts, ...warned, ...status];
}

/** What is warned of since; the end names what its hosts report. */
function warningLines(before: DeploymentView | null, after: DeploymentView, time: string, style: Style): string[] {
  const isNew = (warning: string): boolean => before === null || !before.warnings.includes(warning);
  return after.warnings.filter(isNew).map((warning) => `${time}  ${style.paint('yellow', `⚠ ${warning}`)}`);
}

function statusLines(before: DeploymentView | null, after: DeploymentView, time: string, style: Style): string[] {
  const isSame = before?.status === after.status && before.statusNote === after.statusNote;
  if (isSame || after.end !== null) {
    return [];
  }
  const note = after.statusNote === null ? '' : `, ${after.statusNote}`;
  return [
    `${time}  ${wordText(deploymentWords[after.status], style)}${note}`,
    ...(after.next === null ? [] : [`${' '.repeat(time.length)}  next: ${after.next}`]),
  ];
}

/** What operators have said since. */
function saidLines(before: DeploymentView | null, after: DeploymentView): string[] {
  return after.said
    .slice(before?.said.length ?? 0)
    .map((word) => `${timeText(Date.parse(word.at))}  said: ${saidText(word)}`);
}

function hostLines(before: DeploymentView | null, after: DeploymentView, time: string, style: Style): string[] {
  return after.parts.flatMap((part) =>
    part.hosts.flatMap((host) => {
      const earlier = before?.parts
        .find((each) => each.title === part.title)
        ?.hosts.find((each) => each.instanceId === host.instanceId);
      if (earlier?.status === host.status || host.status === 'waiting' || host.status === 'notStarted') {
        return [];
      }
      const word = hostWords[host.status];
      const isOver = word.icon !== movingIcon && host.durationSeconds !== null;
      const duration = isOver ? `  ${durationText(host.durationSeconds)}` : '';
      const detail = host.detail === null ? '' : `  ${host.detail}`;
      return [
        `${time}  ${part.title}  ${host.name}  ${wordText(word, style)}${duration}${detail}`,
        ...(host.remedy === null ? [] : [`${' '.repeat(time.length)}  next: ${host.remedy}`]),
        ...(host.command === undefined ? [] : [`${' '.repeat(time.length)}  type: ${host.command}`]),
      ];
    }),
  );
}

function wordText(word: StatusWord, style: Style): string {
  return `${style.icon(word)} ${style.paint(word.colour, word.word)}`;
}
