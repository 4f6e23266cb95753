import { failureOf } from './evaluate-outcome.ts';
import { type HostProgress, landed } from './host-progress.ts';
import { approvalBeforeWave, concurrencyOf, planWaves, type Wave } from './plan-waves.ts';
import type { Decision, RolloutFacts } from './rollout-facts.ts';

/** A host that could not be reverted or settled is tried once more, then named in FailedDirty. */
export const maxRevertAttempts = 2;
export const maxSettleAttempts = 2;

/**
 * Step Functions ends an execution hard at 25,000 history events. A host of a wave costs about 20 (Map iteration, two
 * tasks, a choice, one heartbeat retry), so the deployment continues in a new execution well before that.
 */
export const eventsPerHost = 20;
export const maxEventsPerExecution = 18_000;

/** A pause that nobody ends within a week is an end: the deployment is reverted. */
export const pauseLimitSeconds = 604_800;

/** No deployment takes more decisions than this, whatever happens: every loop has a bound. */
export const maxRounds = 2_000;

/**
 * What the machine does next. It is asked after Stage, after every wave, bake, park, revert and settle, and after every
 * error; it looks at the ledger alone, so a repair or a continued execution gets the same answer as the first one.
 */
export function decideNextWave(read: RolloutFacts): Decision {
  const facts = { ...read, progress: landed(read.progress) };
  const failure = failureOf(facts);
  if (facts.decisions.length >= maxRounds) {
    return { kind: 'finish' };
  }
  return failure === null ? decideForward(facts) : decideBackward(facts, failure.keepsHosts);
}

function decideForward(facts: RolloutFacts): Decision {
  const differing = hostsWithOtherPackages(facts);
  if (differing.length > 0) {
    return { kind: 'stage', hosts: differing };
  }
  const failed = facts.progress.filter((host) => host.run === 'failed');
  if (failed.length > 0) {
    return revert(facts, failed);
  }
  const waves = wavesOf(facts);
  const afterWave = decideAfterWave(facts, waves);
  if (afterWave !== undefined) {
    return afterWave;
  }
  const next = waves
    .map((wave) => ({ ...wave, hosts: wave.hosts.filter((id) => hostOf(facts, id)?.run === 'untouched') }))
    .find((wave) => wave.hosts.length > 0);
  if (next === undefined) {
    return settleOrFinish(facts);
  }
  if (isOverEventBudget(facts, next.hosts.length)) {
    return { kind: 'continue' };
  }
  const parked = decidePark(facts, waves, next);
  if (parked !== undefined) {
    return parked;
  }
  const down = facts.progress.filter((host) => host.wasDown && host.run === 'untouched');
  return {
    kind: 'wave',
    wave: next.number,
    hosts: next.hosts,
    maxConcurrency: concurrencyOf({
      hosts: next.hosts.length,
      downOutside: down.filter((host) => !next.hosts.includes(host.host.instanceId)).length,
      maxUnavailable: facts.plan.policy.maxUnavailable,
    }),
  };
}

/** Undo: every touched host goes back to its own previous release, hosts that are down first. */
function decideBackward(facts: RolloutFacts, keepsHosts: boolean): Decision {
  if (keepsHosts) {
    return settleOrFinish(facts);
  }
  const touched = facts.progress.filter(
    (host) =>
      host.run === 'failed' ||
      host.run === 'passed' ||
      (host.run === 'revertFailed' && host.revertAttempts < maxRevertAttempts),
  );
  return touched.length > 0 ? revert(facts, touched) : settleOrFinish(facts);
}

function revert(facts: RolloutFacts, hosts: readonly HostProgress[]): Decision {
  const downFirst = hosts.toSorted((a, b) => Number(a.run === 'passed') - Number(b.run === 'passed'));
  return {
    kind: 'revert',
    hosts: downFirst.map((host) => host.host.instanceId),
    maxConcurrency: concurrencyOf({
      hosts: hosts.length,
      downOutside: 0,
      maxUnavailable: facts.plan.policy.maxUnavailable,
    }),
  };
}

/** Before any end state every host with an unsettled intent has acknowledged a higher fence, or is named. */
function settleOrFinish(facts: RolloutFacts): Decision {
  const unsettled = facts.progress.filter((host) => !host.isSettled && host.settleAttempts < maxSettleAttempts);
  return unsettled.length > 0
    ? { kind: 'settle', hosts: unsettled.map((host) => host.host.instanceId) }
    : { kind: 'finish' };
}

/** A wave that is complete bakes, and is then verified again. A bake of 0 s is no state at all. */
function decideAfterWave(facts: RolloutFacts, waves: readonly Wave[]): Decision | undefined {
  const { bakeSeconds } = facts.plan.policy;
  const last = facts.decisions.findLast(({ decision }) => decision.kind === 'wave')?.decision;
  if (bakeSeconds === 0 || facts.admitted.isRollback || last?.kind !== 'wave') {
    return undefined;
  }
  const wave = waves.find((each) => each.number === last.wave);
  const passed = wave?.hosts.filter((id) => hostOf(facts, id)?.run === 'passed') ?? [];
  const isComplete = wave?.hosts.every((id) => hostOf(facts, id)?.run !== 'untouched') ?? false;
  if (!isComplete || passed.length === 0) {
    return undefined;
  }
  const has = (kind: 'bake' | 'verify'): boolean =>
    facts.decisions.some(({ decision }) => decision.kind === kind && decision.wave === last.wave);
  if (!has('bake')) {
    return { kind: 'bake', wave: last.wave, seconds: bakeSeconds };
  }
  return has('verify')
    ? undefined
    : { kind: 'verify', wave: last.wave, hosts: passed, maxConcurrency: Math.min(40, passed.length) };
}

function decidePark(facts: RolloutFacts, waves: readonly Wave[], next: Wave): Decision | undefined {
  const { approval } = facts.plan.policy;
  const { pause, resume, approve } = facts.controls;
  const park = (why: 'approval' | 'pause', seconds: number): Decision => ({
    kind: 'park',
    wave: next.number,
    why,
    untilMilliseconds: facts.nowMilliseconds + seconds * 1000,
  });
  if (pause !== null && (resume === null || resume.at < pause.at)) {
    return park('pause', pauseLimitSeconds);
  }
  const isAutomatic = facts.admitted.trigger === 'converge' || facts.admitted.isRollback;
  const needsApproval = !isAutomatic && approve === null && approvalBeforeWave(approval, waves) === next.number;
  return needsApproval && approval.kind !== 'none' ? park('approval', approval.timeLimitSeconds) : undefined;
}

/** Waves are planned from what Stage found: the same finding always gives the same waves. */
export function wavesOf(facts: RolloutFacts): readonly Wave[] {
  const staged = facts.progress.filter((host) => host.stage === 'staged');
  return planWaves({
    hosts: staged.map((host) => ({
      instanceId: host.host.instanceId,
      zone: host.host.zone,
      isDown: host.wasDown,
      isOutdated: host.before !== facts.admitted.release.releaseId,
    })),
    // A rollback takes the fast lane: one wave, still no more than maxUnavailable at once, gate on.
    waves: facts.admitted.isRollback ? ['100%'] : facts.plan.policy.waves,
  });
}

/**
 * Hosts that resolved other Python packages than the first host to finish: they are staged once more, constrained to
 * the packages that the ledger now holds.
 */
function hostsWithOtherPackages(facts: RolloutFacts): readonly string[] {
  const staged = facts.progress.filter((host) => host.stage === 'staged' && host.packagesSha256 !== null);
  const counts = new Map<string, number>();
  for (const host of staged) {
    counts.set(host.packagesSha256 ?? '', (counts.get(host.packagesSha256 ?? '') ?? 0) + 1);
  }
  const wasRestaged = facts.decisions.some(({ decision }) => decision.kind === 'stage');
  return counts.size > 1 && !wasRestaged ? staged.map((host) => host.host.instanceId) : [];
}

function isOverEventBudget(facts: RolloutFacts, hosts: number): boolean {
  const continued = facts.decisions.findLastIndex(({ decision }) => decision.kind === 'continue');
  const used = facts.decisions
    .slice(continued + 1)
    .reduce((sum, { decision }) => sum + 30 + ('hosts' in decision ? decision.hosts.length * eventsPerHost : 0), 0);
  return used > 0 && used + hosts * eventsPerHost > maxEventsPerExecution;
}

function hostOf(facts: RolloutFacts, instanceId: string): HostProgress | undefined {
  return facts.progress.find((host) => host.host.instanceId === instanceId);
}
