import type { ConvergenceView } from '../../core/views/convergence-view.ts';
import { durationText } from '../../core/views/elapsed.ts';
import type { HistoryEntry, HistoryView, ReleasesView } from '../../core/views/history-view.ts';
import type { PlanView } from '../../core/views/plan-view.ts';
import { saidText } from '../../core/views/said-view.ts';
import { deploymentWords } from '../../core/views/status-words.ts';
import type { TargetView } from '../../core/views/target-view.ts';
import { instantText } from './instant.ts';
import { refusedUploadLines } from './refused-uploads.ts';
import { padEnd, type Style } from './style.ts';
import { keyValues, sizeText, table } from './table.ts';

/** Words about the target that a list shows: the last ones. */
const maxTargetWords = 10;

/** The deployments, one a line, newest first. */
export function renderHistory(view: HistoryView, style: Style): readonly string[] {
  const title = `${style.strong(view.service)} on ${view.stage}: ${stableText(view.stable)}`;
  if (view.deployments.length === 0) {
    return [title, 'no deployments yet'];
  }
  const rows = view.deployments.map((entry) => {
    const word = deploymentWords[entry.status];
    return [
      entry.deploymentId,
      entry.release ?? '–',
      `${style.icon(word)} ${style.paint(word.colour, word.word)}`,
      askedBy(entry),
      entry.startedAt === null ? '–' : instantText(entry.startedAt),
      entry.durationSeconds === null ? '–' : durationText(entry.durationSeconds),
    ];
  });
  const said = [
    ...view.said.slice(-maxTargetWords).map((word) => ['the target', instantText(word.at), saidText(word)]),
    ...view.deployments.flatMap(({ deploymentId, said }) =>
      said.map((word) => [deploymentId, instantText(word.at), saidText(word)]),
    ),
  ];
  return [
    title,
    '',
    ...table(['deployment', 'release', 'status', 'asked for', 'started (UTC)', 'took'], rows, style),
    ...(said.length === 0 ? [] : ['', ...table(['said to', 'at (UTC)', 'what, by whom and why'], said, style)]),
  ];
}

function askedBy(entry: HistoryEntry): string {
  const what = entry.isRollback ? 'rollback' : (entry.trigger ?? 'refused');
  return entry.by === null || entry.by === what ? what : `${what}, by ${entry.by}`;
}

/** The releases, one a line, newest first. */
export function renderReleases(view: ReleasesView, style: Style): readonly string[] {
  const title = `${style.strong(view.service)} on ${view.stage}`;
  if (view.releases.length === 0) {
    return [title, 'no releases yet'];
  }
  const rows = view.releases.map((entry) => [
    entry.release,
    entry.standing === 'stable' ? style.paint('green', '✓ stable') : (entry.standing ?? ''),
    instantText(entry.createdAt),
    sizeText(entry.bytes),
    entry.artifactSha256.slice(0, 12),
  ]);
  return [title, '', ...table(['release', 'standing', 'made (UTC)', 'size', 'sha256'], rows, style)];
}

/** What a deployment would do. */
export function renderPlan(view: PlanView, style: Style): readonly string[] {
  const { from, to } = view.release;
  const facts: readonly (readonly [key: string, value: string])[] = [
    ['service', `${style.strong(view.service)} on ${view.stage}`],
    [
      'release',
      from === null ? `${to} (nothing is stable yet)` : from === to ? `${to} (stable already)` : `${from} → ${to}`,
    ],
    ['from', view.source],
    ...view.policy.map((sentence, index) => [index === 0 ? 'policy' : '', sentence] as const),
    ...(view.movesStable ? [] : [['', 'only named hosts: the stable release stays as it is'] as const]),
    ...(view.skipped.length === 0 ? [] : [['left out', `${view.skipped.join(', ')} (offline)`] as const]),
    ...view.warnings.map((warning) => ['warning', style.paint('yellow', warning)] as const),
  ];
  const names = view.waves.flatMap((wave) => wave.hosts.map((host) => host.name.length));
  const nameWidth = Math.max(0, ...names);
  return [
    ...keyValues(facts, style),
    '',
    `├─ ${style.strong('Stage')}  all ${view.waves.flatMap((wave) => wave.hosts).length} hosts at once, nothing that runs is touched`,
    ...view.waves.flatMap((wave, index) => {
      const isLast = index === view.waves.length - 1;
      return [
        `${isLast ? '└─ ' : '├─ '}${style.strong(`Wave ${wave.number}`)}`,
        ...wave.hosts.map((host, position) => {
          const branch = position === wave.hosts.length - 1 ? '└─ ' : '├─ ';
          return `${isLast ? '   ' : '│  '}${branch}${padEnd(host.name, nameWidth)}  ${host.zone}  ${host.instanceId}`;
        }),
      ];
    }),
    '',
    'Nothing was changed. The order within the waves may change with what Stage finds on the hosts.',
  ];
}

/** The target between deployments. */
export function renderTarget(view: TargetView, style: Style): readonly string[] {
  const stable = view.stable;
  const facts: readonly (readonly [key: string, value: string])[] = [
    ['service', `${style.strong(view.service)} on ${view.stage}`],
    ['stable', stable === null ? 'none yet' : `${stable.release} since ${instantText(stable.since)} UTC`],
    ...view.differing.map(
      ({ name, runs, by, since }) =>
        [
          'differs',
          style.paint('yellow', `${name} runs ${runs} since ${instantText(since)} UTC, left so by ${by}`),
        ] as const,
    ),
    ...(view.frozen === null ? [] : [['frozen', frozenText(view.frozen, style)] as const]),
    ...refusedUploadLines(view.refusedUploads, view.frozen !== null).map(
      (line, index) => [index === 0 ? 'uploads' : '', style.paint('yellow', line)] as const,
    ),
    ...(view.running === null ? [] : [['running', `${view.running.deploymentId}, by ${view.running.by}`] as const]),
    ...view.waiting.map((entry) => ['waiting', `${entry.deploymentId}, by ${entry.by}`] as const),
    ...convergenceLines(view.convergence, stable?.release ?? 'a release', style),
  ];
  const rows = view.hosts.map((host) => [
    host.isSimulated ? `${host.name} (simulated)` : host.name,
    host.instanceId,
    host.zone,
    host.privateAddress,
    host.state === 'running' && host.ping === 'Online'
      ? style.paint('green', '✓ online')
      : style.paint('red', `✗ ${host.state === 'running' ? `agent ${host.ping}` : host.state}`),
  ]);
  return [
    ...keyValues(facts, style),
    '',
    ...(rows.length === 0
      ? ['no host carries the tags of this service']
      : table(['host', 'instance', 'zone', 'address', 'state'], rows, style)),
  ];
}

function frozenText({ by, at, reason }: NonNullable<TargetView['frozen']>, style: Style): string {
  return style.paint('yellow', `by ${by} since ${instantText(at)} UTC: ${reason}; rollgate unfreeze ends it`);
}

const standingWords = {
  'under-way': 'gets it now',
  offline: 'waits until SSM has it',
  queued: 'waits for its turn',
} as const;

/** Hosts that do not run the stable release yet, and why. */
function convergenceLines(
  { waiting, givenUp, stopped }: ConvergenceView,
  release: string,
  style: Style,
): readonly (readonly [key: string, value: string])[] {
  return [
    ...waiting.map(
      ({ name, instanceId, standing }) =>
        ['not yet', `${name} (${instanceId}) is to get ${release}: ${standingWords[standing]}`] as const,
    ),
    ...givenUp.flatMap(
      ({ name, instanceId, why, next }) =>
        [
          ['given up', style.paint('red', `${name} (${instanceId}) did not get ${release}: ${why}`)],
          ['', `next: ${next}`],
        ] as const,
    ),
    ...(stopped === null
      ? []
      : ([
          ['stopped', style.paint('red', stopped.why)],
          ['', `next: ${stopped.next}`],
        ] as const)),
  ];
}

function stableText(stable: string | null): string {
  return stable === null ? 'nothing is stable yet' : `${stable} is stable`;
}
