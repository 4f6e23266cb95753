import type { DriftVerdict, HostDrift, HostDriftView } from '../../core/drift/drift-of-host.ts';
import type { DriftView } from '../../core/drift/drift-view.ts';
import type { StatusWord } from '../../core/views/status-words.ts';
import { asTyped, type Calling } from '../print.ts';
import { padEnd, type Style } from './style.ts';
import { keyValues } from './table.ts';

const words: Readonly<Record<DriftVerdict, StatusWord>> = {
  'as-recorded': { icon: '✓', word: 'as recorded', colour: 'green' },
  drifted: { icon: '✗', word: 'drifted', colour: 'red' },
  changing: { icon: '●', word: 'being changed', colour: 'blue' },
  silent: { icon: '?', word: 'no answer', colour: 'yellow' },
};

/** Each host with what differs, what puts that right, and what that does. */
export function renderDrift(view: DriftView, calling: Calling, style: Style): readonly string[] {
  const width = Math.max(...view.hosts.map((host) => host.name.length));
  return [
    ...keyValues(
      [
        ['service', `${style.strong(view.service)} on ${view.stage}`],
        ['stable', view.stable ?? 'none yet'],
        ['running', view.running === null ? null : `${view.running.deploymentId} by ${view.running.by}`],
      ],
      style,
    ),
    '',
    ...view.hosts.flatMap((host) => hostLines(host, width, calling, style)),
    '',
    summary(view, style),
  ];
}

function hostLines(host: HostDriftView, width: number, calling: Calling, style: Style): readonly string[] {
  const word = words[host.verdict];
  const simulated = host.isSimulated ? '  simulated: only its release, and whether that is up' : '';
  const head = `${style.paint(word.colour, `${word.icon} ${padEnd(host.name, width)}  ${word.word}`)}`;
  return [
    `${head}  ${host.instanceId}  ${host.runs === null ? '' : `runs ${host.runs}`}${simulated}`.trimEnd(),
    ...repairs(host.drift).flatMap(({ says, next, does }) => [
      ...says.map((line) => `    ${line}`),
      `      next: ${asTyped(next, calling)}`,
      `            ${style.faint(does)}`,
    ]),
    ...host.notes.map((note) => `    ${style.faint(asTyped(note, calling))}`),
  ];
}

/** What the same command puts right stands together above it. */
function repairs(drift: readonly HostDrift[]): readonly { says: readonly string[]; next: string; does: string }[] {
  const nexts = [...new Set(drift.map(({ next }) => next))];
  return nexts.map((next) => {
    const together = drift.filter((each) => each.next === next);
    return { says: together.map(({ says }) => says), next, does: together[0]?.does ?? '' };
  });
}

function summary({ counts, hosts }: DriftView, style: Style): string {
  const said = (Object.keys(words) as DriftVerdict[])
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${words[verdict].word}`);
  const isGood = counts['as-recorded'] === hosts.length;
  return style.paint(
    isGood ? 'green' : counts.drifted > 0 ? 'red' : 'yellow',
    `${said.join(', ')} of ${hosts.length} hosts`,
  );
}
