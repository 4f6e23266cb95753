import type { DeploymentPart } from '../../core/views/deployment-parts.ts';
import type { DeploymentView } from '../../core/views/deployment-view.ts';
import { durationText } from '../../core/views/elapsed.ts';
import { saidText } from '../../core/views/said-view.ts';
import { deploymentWords, hostWords, partWords, type StatusWord } from '../../core/views/status-words.ts';
import { instantText, timeText } from './instant.ts';
import { renderEnd } from './render-end.ts';
import { padEnd, padStart, type Style } from './style.ts';
import { keyValues } from './table.ts';

/** A deployment: facts, the tree of parts and hosts, and the end where there is one. No line ends in a break. */
export function renderDeployment(view: DeploymentView, style: Style): readonly string[] {
  return [
    ...renderHeader(view, style),
    ...(view.parts.length === 0 ? [] : ['', ...renderTree(view.parts, style)]),
    ...(view.end === null ? [] : ['', ...renderEnd(view, view.end, style)]),
  ];
}

/** The facts of a deployment, `key  value`. */
export function renderHeader(view: DeploymentView, style: Style): readonly string[] {
  const word = deploymentWords[view.status];
  const note = view.statusNote === null ? '' : `, ${view.statusNote}`;
  const facts: readonly (readonly [key: string, value: string | null])[] = [
    ['service', `${style.strong(view.service)} on ${view.stage}`],
    ['deployment', view.deploymentId],
    ['release', releaseText(view)],
    ['asked for', askedText(view)],
    ['reason', view.reason],
    ['started', view.startedAt === null ? null : `${instantText(view.startedAt)} UTC`],
    ['status', `${style.icon(word)} ${style.paint(word.colour, word.word)}${note}${durationSuffix(view)}`],
    ['next', view.next],
    ['left out', view.skipped.length === 0 ? null : `${view.skipped.join(', ')} (offline)`],
    ...view.superseded.map(
      ({ release, deploymentId, command }) =>
        ['superseded', `${release}, an upload that waited (${deploymentId}); to deploy it: ${command}`] as const,
    ),
    ...view.said.map((word) => ['said', `${timeText(Date.parse(word.at))} UTC: ${saidText(word)}`] as const),
    ...view.warnings.map((warning) => ['warning', style.paint('yellow', warning)] as const),
  ];
  return keyValues(facts, style);
}

function releaseText(view: DeploymentView): string | null {
  if (view.release === null) {
    return null;
  }
  const { from, to } = view.release;
  if (from === null) {
    return `${to} (nothing was stable before)`;
  }
  return from === to ? `${to} (the stable release)` : `${from} → ${to}`;
}

function askedText(view: DeploymentView): string | null {
  if (view.trigger === null) {
    return null;
  }
  const what = view.isDryRun ? 'a plan only' : view.isRollback ? 'rollback' : view.trigger;
  const asked = view.by === null || view.by === what ? what : `${what}, by ${view.by}`;
  const { throughFreeze } = view;
  return throughFreeze === null
    ? asked
    : `${asked}, through the freeze by ${throughFreeze.by} (${throughFreeze.reason})`;
}

function durationSuffix(view: DeploymentView): string {
  return view.durationSeconds === null ? '' : `  ${durationText(view.durationSeconds)}`;
}

function renderTree(parts: readonly DeploymentPart[], style: Style): readonly string[] {
  const rows = parts.flatMap((part, index) => partRows(part, index === parts.length - 1, style));
  const nameWidth = Math.max(...rows.map((row) => row.prefix.length + row.name.length));
  const wordWidth = Math.max(...rows.map((row) => row.word.word.length));
  return rows.flatMap((row) => {
    const name = padEnd(row.name, nameWidth - row.prefix.length);
    const duration = row.seconds === null ? '' : durationText(row.seconds);
    const head = `${style.faint(row.prefix)}${style.icon(row.word)} ${row.isPart ? style.strong(name) : name}`;
    const word = style.paint(row.word.colour, padEnd(row.word.word, wordWidth));
    const note = row.note === null ? '' : `  ${style.faint(row.note)}`;
    return [
      `${head}  ${word}  ${padStart(duration, 9)}${note}`.trimEnd(),
      ...row.below.map((text) => `${style.faint(row.belowPrefix)}${text}`),
    ];
  });
}

interface Row {
  readonly prefix: string;
  readonly belowPrefix: string;
  readonly isPart: boolean;
  readonly name: string;
  readonly word: StatusWord;
  readonly seconds: number | null;
  readonly note: string | null;
  /** Lines below: why it failed, what to do. */
  readonly below: readonly string[];
}

function partRows(part: DeploymentPart, isLast: boolean, style: Style): readonly Row[] {
  const stem = isLast ? '   ' : '│  ';
  const head: Row = {
    prefix: isLast ? '└─ ' : '├─ ',
    belowPrefix: stem,
    isPart: true,
    name: part.title,
    word: partWords[part.status],
    seconds: part.durationSeconds,
    note: part.note,
    below: [],
  };
  const hosts = part.hosts.map((host, index): Row => {
    const isLastHost = index === part.hosts.length - 1;
    const word = hostWords[host.status];
    const isFailure = host.remedy !== null || word.colour === 'red';
    const below = isFailure && host.detail !== null ? [style.paint('red', host.detail)] : [];
    return {
      prefix: stem + (isLastHost ? '└─ ' : '├─ '),
      belowPrefix: `${stem}${isLastHost ? '   ' : '│  '}  `,
      isPart: false,
      name: host.isSimulated ? `${host.name} (simulated)` : host.name,
      word,
      seconds: host.durationSeconds,
      note: isFailure ? null : host.detail,
      below: [
        ...below,
        ...(host.remedy === null ? [] : [`next: ${host.remedy}`]),
        ...(host.command === undefined ? [] : [`type: ${host.command}`]),
      ],
    };
  });
  return [head, ...hosts];
}
