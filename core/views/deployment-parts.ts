import type { PlannedHost, Step } from '../model/deployment-records.ts';
import type { ParkReason, RecordedDecision, RolloutFacts } from '../model/rollout-facts.ts';
import type { StepAction } from '../model/statuses.ts';
import { beforeStaging } from '../rollout/decide/approval.ts';
import { planWaves, type Wave } from '../rollout/plan/plan-waves.ts';
import { wavesOf } from '../rollout/plan/waves-of-rollout.ts';
import { durationText, earliest, latest, secondsBetween } from './elapsed.ts';
import { type HostLine, hostsById, type LineFacts, revertLine, settleLine, stageLine, waveLine } from './host-lines.ts';
import type { HostStatus, PartStatus } from './status-words.ts';

/** One branch of the tree: Stage, a wave, the revert, the settling. */
export interface DeploymentPart {
  readonly kind: 'stage' | 'wave' | 'revert' | 'settle';
  /** `Stage`, `Wave 1` */
  readonly title: string;
  readonly status: PartStatus;
  readonly durationSeconds: number | null;
  /** `waits for approval`, `bakes 4.0 s of 60.0 s` */
  readonly note: string | null;
  readonly hosts: readonly HostLine[];
}

export interface PartFacts {
  readonly rollout: RolloutFacts;
  readonly steps: readonly Step[];
  readonly isEnded: boolean;
}

const actionsOf = {
  stage: ['install'],
  wave: ['drain', 'activate', 'verify', 'join'],
  revert: ['drain', 'revert', 'verifyRevert', 'join'],
  settle: ['settle'],
} as const satisfies Readonly<Record<DeploymentPart['kind'], readonly StepAction[]>>;

const lineOf = { stage: stageLine, wave: waveLine, revert: revertLine, settle: settleLine } as const;

/** The parts of a deployment in the order in which they happen; revert and settle only where they did. */
export function deploymentParts(facts: PartFacts): readonly DeploymentPart[] {
  const { plan, decisions } = facts.rollout;
  const reverted = hostsOfDecisions(decisions, 'revert');
  const settled = hostsOfDecisions(decisions, 'settle');
  return [
    part(facts, 'stage', 'Stage', plan.hosts, noteOf(facts, beforeStaging)),
    ...expectedWaves(facts).map((wave) =>
      part(facts, 'wave', `Wave ${wave.number}`, hostsOf(facts, wave.hosts), noteOf(facts, wave.number)),
    ),
    ...(reverted.length === 0 ? [] : [part(facts, 'revert', 'Revert', hostsOf(facts, reverted), null)]),
    ...(settled.length === 0 ? [] : [part(facts, 'settle', 'Settle', hostsOf(facts, settled), null)]),
  ];
}

/** Until Stage has found out how the hosts are, the waves are those of hosts that are all up and outdated. */
function expectedWaves({ rollout, steps }: PartFacts): readonly Wave[] {
  const isStageOver = rollout.decisions.length > 0 && steps.length > 0;
  if (isStageOver) {
    return wavesOf(rollout);
  }
  return planWaves({
    hosts: rollout.plan.hosts.map(({ instanceId, zone }) => ({ instanceId, zone, isDown: false, isOutdated: true })),
    waves: rollout.admitted.isRollback ? ['100%'] : rollout.plan.policy.waves,
  });
}

function part(
  facts: PartFacts,
  kind: DeploymentPart['kind'],
  title: string,
  hosts: readonly PlannedHost[],
  note: string | null,
): DeploymentPart {
  const actions: readonly StepAction[] = actionsOf[kind];
  const ids = new Set(hosts.map((host) => host.instanceId));
  const stepsOfHost = Map.groupBy(facts.steps, (step) => step.intent.instanceId);
  const lines = hosts.map((host) => lineOf[kind](lineFacts(facts, host, stepsOfHost.get(host.instanceId) ?? [])));
  const own = facts.steps.filter(
    (step) => ids.has(step.intent.instanceId) && actions.includes(step.intent.action) && belongsTo(kind, step, facts),
  );
  const status = partStatus(lines.map((line) => line.status));
  const isOver = status !== 'running';
  const end = latest(own.flatMap((step) => (step.outcome === null ? [] : [step.outcome.at])));
  const isOpen = !isOver && !facts.isEnded;
  return {
    kind,
    title,
    status,
    durationSeconds: secondsBetween(
      earliest(own.map((step) => step.intent.at)),
      isOpen ? facts.rollout.nowMilliseconds : end,
    ),
    note,
    hosts: lines,
  };
}

/** Both ways lead through the load balancer: what happens there once the rollout has turned back is part of the revert. */
function belongsTo(kind: DeploymentPart['kind'], { intent }: Step, { rollout }: PartFacts): boolean {
  if (intent.action !== 'drain' && intent.action !== 'join') {
    return true;
  }
  const turned =
    rollout.decisions.find((decision) => decision.failure !== undefined)?.round ?? Number.POSITIVE_INFINITY;
  return (kind === 'revert') === intent.round >= turned;
}

function lineFacts(facts: PartFacts, host: PlannedHost, steps: readonly Step[]): LineFacts {
  const round = facts.rollout.decisions.at(-1)?.round ?? 0;
  return { host, steps, isEnded: facts.isEnded, round, nowMilliseconds: facts.rollout.nowMilliseconds };
}

const restful: ReadonlySet<HostStatus> = new Set<HostStatus>(['waiting', 'notStarted', 'stopped']);
const good: ReadonlySet<HostStatus> = new Set<HostStatus>(['staged', 'passed', 'reverted', 'settled']);
const bad: ReadonlySet<HostStatus> = new Set<HostStatus>(['failed', 'unknown', 'notReverted', 'notSettled']);

function partStatus(statuses: readonly HostStatus[]): PartStatus {
  if (statuses.every((status) => restful.has(status)) && !statuses.includes('stopped')) {
    return statuses.includes('notStarted') ? 'notStarted' : 'waiting';
  }
  const isBusy = statuses.some((status) => !restful.has(status) && !good.has(status) && !bad.has(status));
  if (isBusy) {
    return 'running';
  }
  if (statuses.some((status) => bad.has(status))) {
    return 'failed';
  }
  if (statuses.includes('waiting')) {
    return 'running';
  }
  return statuses.includes('notStarted') || statuses.includes('stopped') ? 'stopped' : 'done';
}

function noteOf({ rollout, isEnded }: PartFacts, wave: number): string | null {
  const last = rollout.decisions.at(-1);
  if (isEnded || last === undefined || !('wave' in last.decision) || last.decision.wave !== wave) {
    return null;
  }
  switch (last.decision.kind) {
    case 'bake': {
      const since = secondsBetween(last.at, rollout.nowMilliseconds) ?? 0;
      const { seconds } = last.decision;
      return `bakes ${durationText(Math.min(since, seconds))} of ${durationText(seconds)}`;
    }
    case 'verify':
      return 'verified once more';
    case 'park':
      return parkedText[last.decision.why];
    default:
      return null;
  }
}

const parkedText: Readonly<Record<ParkReason, string>> = {
  approval: 'waits for approval',
  pause: 'paused',
  'shared-fault': 'waits for the end of a fault that is not of the release',
  'platform-fault': 'waits for the end of a fault of the platform',
};

function hostsOfDecisions(decisions: readonly RecordedDecision[], kind: 'revert' | 'settle'): readonly string[] {
  const ids = decisions.flatMap(({ decision }) => (decision.kind === kind ? decision.hosts : []));
  return [...new Set(ids)];
}

function hostsOf(facts: PartFacts, ids: readonly string[]): readonly PlannedHost[] {
  const byId = hostsById(facts.rollout.plan);
  return ids.flatMap((id) => byId.get(id) ?? []);
}
